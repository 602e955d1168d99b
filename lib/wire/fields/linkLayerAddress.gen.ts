// Source or target link-layer address, RFC 4861 section 4.6.1: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u48 } = bytes
const { segment48 } = write

/** Bytes of the fixed part. */
export const BYTES = 8

/** Source or target link-layer address: address, six bytes as one number. RFC 4861 section 4.6.1. */
export function address(p: Bytes, _at: At, place: number): number {
  return u48(p, place + 2)
}
/** Sets the address. The checksum of layer 4 follows. */
export function setAddress(p: Bytes, at: At, value: number, place: number): void {
  segment48(p, at, place + 2, value)
}
