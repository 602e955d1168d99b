// TCP timestamps, RFC 7323 section 3.2: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u32 } = bytes
const { segment32 } = write

/** Bytes of the fixed part. */
export const BYTES = 10

/** TCP timestamps: value. RFC 7323 section 3.2. */
export function value(p: Bytes, _at: At, place: number): number {
  return u32(p, place + 2)
}
/** Sets the value. The checksum of layer 4 follows. */
export function setValue(p: Bytes, at: At, value: number, place: number): void {
  segment32(p, at, place + 2, value)
}

/** TCP timestamps: echo reply. RFC 7323 section 3.2. */
export function echoReply(p: Bytes, _at: At, place: number): number {
  return u32(p, place + 6)
}
/** Sets the echo reply. The checksum of layer 4 follows. */
export function setEchoReply(p: Bytes, at: At, value: number, place: number): void {
  segment32(p, at, place + 6, value)
}
