// TCP maximum segment size, RFC 9293 section 3.7.1: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u16 } = bytes
const { segment16 } = write

/** Bytes of the fixed part. */
export const BYTES = 4

/** TCP maximum segment size: value. RFC 9293 section 3.7.1. */
export function value(p: Bytes, _at: At, place: number): number {
  return u16(p, place + 2)
}
/** Sets the value. The checksum of layer 4 follows. */
export function setValue(p: Bytes, at: At, value: number, place: number): void {
  segment16(p, at, place + 2, value)
}
