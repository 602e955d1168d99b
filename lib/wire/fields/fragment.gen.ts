// IPv6 fragment header, RFC 8200 section 4.5: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'

const { set8, set16, set32, u8, u16, u32 } = bytes

/** Bytes of the fixed part. */
export const BYTES = 8

/** IPv6 fragment header: next header. RFC 8200 section 4.5. */
export function nextHeader(p: Bytes, _at: At, place: number): number {
  return u8(p, place)
}
/** Sets the next header. */
export function setNextHeader(p: Bytes, _at: At, value: number, place: number): void {
  set8(p, place, value)
}

/** IPv6 fragment header: reserved. RFC 8200 section 4.5. */
export function reserved(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 1)
}
/** Sets the reserved. */
export function setReserved(p: Bytes, _at: At, value: number, place: number): void {
  set8(p, place + 1, value)
}

/** IPv6 fragment header: fragment offset. In units of 8 bytes. RFC 8200 section 4.5. */
export function fragmentOffset(p: Bytes, _at: At, place: number): number {
  return (u16(p, place + 2) >>> 3) & 0x1fff
}
/** Sets the fragment offset. */
export function setFragmentOffset(p: Bytes, _at: At, value: number, place: number): void {
  const i = place + 2
  set16(p, i, (u16(p, i) & 0x7) | ((value & 0x1fff) << 3))
}

/** IPv6 fragment header: reserved bits. RFC 8200 section 4.5. */
export function reservedBits(p: Bytes, _at: At, place: number): number {
  return (u8(p, place + 3) >>> 1) & 0x3
}
/** Sets the reserved bits. */
export function setReservedBits(p: Bytes, _at: At, value: number, place: number): void {
  const i = place + 3
  set8(p, i, (u8(p, i) & 0xf9) | ((value & 0x3) << 1))
}

/** IPv6 fragment header: more fragments. RFC 8200 section 4.5. */
export function moreFragments(p: Bytes, _at: At, place: number): boolean {
  return (u8(p, place + 3) & 0x1) !== 0
}
/** Sets the more fragments. */
export function setMoreFragments(p: Bytes, _at: At, value: boolean, place: number): void {
  const i = place + 3
  const rest = u8(p, i) & 0xfe
  set8(p, i, value ? rest | 0x1 : rest)
}

/** IPv6 fragment header: identification. RFC 8200 section 4.5. */
export function identification(p: Bytes, _at: At, place: number): number {
  return u32(p, place + 4)
}
/** Sets the identification. */
export function setIdentification(p: Bytes, _at: At, value: number, place: number): void {
  set32(p, place + 4, value)
}
