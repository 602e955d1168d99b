// Geneve option, RFC 8926 section 3.5: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u8, u16 } = bytes
const { segment16, segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 4

/** Geneve option: option class. RFC 8926 section 3.5. */
export function optionClass(p: Bytes, _at: At, place: number): number {
  return u16(p, place)
}
/** Sets the option class. The checksum of layer 4 follows. */
export function setOptionClass(p: Bytes, at: At, value: number, place: number): void {
  segment16(p, at, place, value)
}

/** Geneve option: type. RFC 8926 section 3.5. */
export function type(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 2)
}
/** Sets the type. The checksum of layer 4 follows. */
export function setType(p: Bytes, at: At, value: number, place: number): void {
  segment8(p, at, place + 2, value)
}

/** Geneve option: critical. RFC 8926 section 3.5. */
export function critical(p: Bytes, _at: At, place: number): boolean {
  return (u8(p, place + 2) & 0x80) !== 0
}
/** Sets the critical. The checksum of layer 4 follows. */
export function setCritical(p: Bytes, at: At, value: boolean, place: number): void {
  const i = place + 2
  const rest = u8(p, i) & 0x7f
  segment8(p, at, i, value ? rest | 0x80 : rest)
}

/** Geneve option: length. Of the data, in words of 32 bits. RFC 8926 section 3.5. */
export function length(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 3) & 0x1f
}
/** Sets the length. The checksum of layer 4 follows. */
export function setLength(p: Bytes, at: At, value: number, place: number): void {
  const i = place + 3
  segment8(p, at, i, (u8(p, i) & 0xe0) | (value & 0x1f))
}
