// GRE checksum, RFC 2784 section 2.5: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'

const { set16, u16 } = bytes

/** Bytes of the fixed part. */
export const BYTES = 4

/** GRE checksum: checksum. RFC 2784 section 2.5. */
export function checksum(p: Bytes, _at: At, place: number): number {
  return u16(p, place)
}
/** Sets the checksum. */
export function setChecksum(p: Bytes, _at: At, value: number, place: number): void {
  set16(p, place, value)
}

/** GRE checksum: reserved. RFC 2784 section 2.5. */
export function reserved(p: Bytes, _at: At, place: number): number {
  return u16(p, place + 2)
}
/** Sets the reserved. */
export function setReserved(p: Bytes, _at: At, value: number, place: number): void {
  set16(p, place + 2, value)
}
