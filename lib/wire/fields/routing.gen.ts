// IPv6 routing header, RFC 8200 section 4.4: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'

const { set8, u8 } = bytes

/** Bytes of the fixed part. */
export const BYTES = 4

/** IPv6 routing header: next header. RFC 8200 section 4.4. */
export function nextHeader(p: Bytes, _at: At, place: number): number {
  return u8(p, place)
}
/** Sets the next header. */
export function setNextHeader(p: Bytes, _at: At, value: number, place: number): void {
  set8(p, place, value)
}

/** IPv6 routing header: header length. In units of 8 bytes, without the first 8. RFC 8200 section 4.4. */
export function headerLength(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 1)
}
/** Sets the header length. */
export function setHeaderLength(p: Bytes, _at: At, value: number, place: number): void {
  set8(p, place + 1, value)
}

/** IPv6 routing header: routing type. RFC 8200 section 4.4. */
export function routingType(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 2)
}
/** Sets the routing type. */
export function setRoutingType(p: Bytes, _at: At, value: number, place: number): void {
  set8(p, place + 2, value)
}

/** IPv6 routing header: segments left. RFC 8200 section 4.4. */
export function segmentsLeft(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 3)
}
/** Sets the segments left. */
export function setSegmentsLeft(p: Bytes, _at: At, value: number, place: number): void {
  set8(p, place + 3, value)
}
