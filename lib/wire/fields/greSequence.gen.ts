// GRE sequence number, RFC 2890 section 2: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'

const { set32, u32 } = bytes

/** Bytes of the fixed part. */
export const BYTES = 4

/** GRE sequence number: sequence number. RFC 2890 section 2. */
export function sequenceNumber(p: Bytes, _at: At, place: number): number {
  return u32(p, place)
}
/** Sets the sequence number. */
export function setSequenceNumber(p: Bytes, _at: At, value: number, place: number): void {
  set32(p, place, value)
}
