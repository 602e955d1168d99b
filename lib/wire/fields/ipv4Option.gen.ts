// IPv4 option, RFC 791 section 3.1, options: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u8, u16 } = bytes
const { header16, header8 } = write

/** Bytes of the fixed part. */
export const BYTES = 2

/** IPv4 option: type. RFC 791 section 3.1, options. */
export function type(p: Bytes, _at: At, place: number): number {
  return u8(p, place)
}
/** Sets the type. The header checksum follows. */
export function setType(p: Bytes, at: At, value: number, place: number): void {
  header8(p, at, place, value)
}

/** IPv4 option: copied. RFC 791 section 3.1, options. */
export function copied(p: Bytes, _at: At, place: number): boolean {
  return (u8(p, place) & 0x80) !== 0
}
/** Sets the copied. The header checksum follows. */
export function setCopied(p: Bytes, at: At, value: boolean, place: number): void {
  const i = place
  const rest = u8(p, i) & 0x7f
  header8(p, at, i, value ? rest | 0x80 : rest)
}

/** IPv4 option: option class. RFC 791 section 3.1, options. */
export function optionClass(p: Bytes, _at: At, place: number): number {
  return (u8(p, place) >>> 5) & 0x3
}
/** Sets the option class. The header checksum follows. */
export function setOptionClass(p: Bytes, at: At, value: number, place: number): void {
  const i = place
  header8(p, at, i, (u8(p, i) & 0x9f) | ((value & 0x3) << 5))
}

/** IPv4 option: number. RFC 791 section 3.1, options. */
export function number(p: Bytes, _at: At, place: number): number {
  return u8(p, place) & 0x1f
}
/** Sets the number. The header checksum follows. */
export function setNumber(p: Bytes, at: At, value: number, place: number): void {
  const i = place
  header8(p, at, i, (u8(p, i) & 0xe0) | (value & 0x1f))
}

/** IPv4 option: length. Bytes of the whole option; types 0 and 1 have no length. RFC 791 section 3.1, options. */
export function length(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 1)
}
/** Sets the length. The header checksum follows. */
export function setLength(p: Bytes, at: At, value: number, place: number): void {
  header8(p, at, place + 1, value)
}

/** IPv4 option: pointer. Of routes and timestamps. RFC 791 section 3.1, options. */
export function pointer(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 2)
}
/** Sets the pointer. The header checksum follows. */
export function setPointer(p: Bytes, at: At, value: number, place: number): void {
  header8(p, at, place + 2, value)
}

/** IPv4 option: overflow. Of timestamps. RFC 791 section 3.1, options. */
export function overflow(p: Bytes, _at: At, place: number): number {
  return (u8(p, place + 3) >>> 4) & 0xf
}
/** Sets the overflow. The header checksum follows. */
export function setOverflow(p: Bytes, at: At, value: number, place: number): void {
  const i = place + 3
  header8(p, at, i, (u8(p, i) & 0xf) | ((value & 0xf) << 4))
}

/** IPv4 option: timestamp flag. Of timestamps. RFC 791 section 3.1, options. */
export function timestampFlag(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 3) & 0xf
}
/** Sets the timestamp flag. The header checksum follows. */
export function setTimestampFlag(p: Bytes, at: At, value: number, place: number): void {
  const i = place + 3
  header8(p, at, i, (u8(p, i) & 0xf0) | (value & 0xf))
}

/** IPv4 option: router alert. RFC 2113 section 2.1. */
export function routerAlert(p: Bytes, _at: At, place: number): number {
  return u16(p, place + 2)
}
/** Sets the router alert. The header checksum follows. */
export function setRouterAlert(p: Bytes, at: At, value: number, place: number): void {
  header16(p, at, place + 2, value)
}
