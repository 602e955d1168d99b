// Neighbour advertisement, RFC 4861 section 4.4: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { u8, u32 } = bytes
const { transport } = places
const { segment128, segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 24

/** Neighbour advertisement: router. RFC 4861 section 4.4. */
export function router(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 4) & 0x80) !== 0
}
/** Sets the router. The checksum of layer 4 follows. */
export function setRouter(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 4
  const rest = u8(p, i) & 0x7f
  segment8(p, at, i, value ? rest | 0x80 : rest)
}

/** Neighbour advertisement: solicited. RFC 4861 section 4.4. */
export function solicited(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 4) & 0x40) !== 0
}
/** Sets the solicited. The checksum of layer 4 follows. */
export function setSolicited(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 4
  const rest = u8(p, i) & 0xbf
  segment8(p, at, i, value ? rest | 0x40 : rest)
}

/** Neighbour advertisement: override. RFC 4861 section 4.4. */
export function override(p: Bytes, at: At): boolean {
  return (u8(p, transport(p, at) + 4) & 0x20) !== 0
}
/** Sets the override. The checksum of layer 4 follows. */
export function setOverride(p: Bytes, at: At, value: boolean): void {
  const i = transport(p, at) + 4
  const rest = u8(p, i) & 0xdf
  segment8(p, at, i, value ? rest | 0x20 : rest)
}

/** Neighbour advertisement: target, its 32 bits number `word`: 0 to 3. RFC 4861 section 4.4. */
export function target(p: Bytes, at: At, word: number): number {
  return word >= 0 && word < 4 ? u32(p, transport(p, at) + 8 + 4 * word) : 0
}
/** Byte of the packet where the address begins: formatIp(p, place) reads it there. RFC 4861 section 4.4. */
export function targetPlace(p: Bytes, at: At): number {
  return transport(p, at) + 8
}
/** Sets the target to four times 32 bits. The checksum of layer 4 follows. */
export function setTarget(p: Bytes, at: At, a: number, b: number, c: number, d: number): void {
  segment128(p, at, transport(p, at) + 8, a, b, c, d)
}
