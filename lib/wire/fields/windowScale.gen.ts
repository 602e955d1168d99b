// TCP window scale, RFC 7323 section 2.2: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u8 } = bytes
const { segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 3

/** TCP window scale: shift count. RFC 7323 section 2.2. */
export function shiftCount(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 2)
}
/** Sets the shift count. The checksum of layer 4 follows. */
export function setShiftCount(p: Bytes, at: At, value: number, place: number): void {
  segment8(p, at, place + 2, value)
}
