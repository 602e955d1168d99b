// Prefix information, RFC 4861 section 4.6.2: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u8, u32 } = bytes
const { segment128, segment32, segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 32

/** Prefix information: prefix length. RFC 4861 section 4.6.2. */
export function prefixLength(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 2)
}
/** Sets the prefix length. The checksum of layer 4 follows. */
export function setPrefixLength(p: Bytes, at: At, value: number, place: number): void {
  segment8(p, at, place + 2, value)
}

/** Prefix information: on link. RFC 4861 section 4.6.2. */
export function onLink(p: Bytes, _at: At, place: number): boolean {
  return (u8(p, place + 3) & 0x80) !== 0
}
/** Sets the on link. The checksum of layer 4 follows. */
export function setOnLink(p: Bytes, at: At, value: boolean, place: number): void {
  const i = place + 3
  const rest = u8(p, i) & 0x7f
  segment8(p, at, i, value ? rest | 0x80 : rest)
}

/** Prefix information: autonomous. RFC 4861 section 4.6.2. */
export function autonomous(p: Bytes, _at: At, place: number): boolean {
  return (u8(p, place + 3) & 0x40) !== 0
}
/** Sets the autonomous. The checksum of layer 4 follows. */
export function setAutonomous(p: Bytes, at: At, value: boolean, place: number): void {
  const i = place + 3
  const rest = u8(p, i) & 0xbf
  segment8(p, at, i, value ? rest | 0x40 : rest)
}

/** Prefix information: valid lifetime. Seconds. RFC 4861 section 4.6.2. */
export function validLifetime(p: Bytes, _at: At, place: number): number {
  return u32(p, place + 4)
}
/** Sets the valid lifetime. The checksum of layer 4 follows. */
export function setValidLifetime(p: Bytes, at: At, value: number, place: number): void {
  segment32(p, at, place + 4, value)
}

/** Prefix information: preferred lifetime. Seconds. RFC 4861 section 4.6.2. */
export function preferredLifetime(p: Bytes, _at: At, place: number): number {
  return u32(p, place + 8)
}
/** Sets the preferred lifetime. The checksum of layer 4 follows. */
export function setPreferredLifetime(p: Bytes, at: At, value: number, place: number): void {
  segment32(p, at, place + 8, value)
}

/** Prefix information: prefix, its 32 bits number `word`: 0 to 3. RFC 4861 section 4.6.2. */
export function prefix(p: Bytes, _at: At, place: number, word: number): number {
  return word >= 0 && word < 4 ? u32(p, place + 16 + 4 * word) : 0
}
/** Byte of the packet where the address begins: formatIp(p, place) reads it there. RFC 4861 section 4.6.2. */
export function prefixPlace(_p: Bytes, _at: At, place: number): number {
  return place + 16
}
/** Sets the prefix to four times 32 bits. The checksum of layer 4 follows. */
export function setPrefix(p: Bytes, at: At, a: number, b: number, c: number, d: number, place: number): void {
  segment128(p, at, place + 16, a, b, c, d)
}
