// Neighbour discovery option, RFC 4861 section 4.6: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u8 } = bytes
const { segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 2

/** Neighbour discovery option: type. RFC 4861 section 4.6. */
export function type(p: Bytes, _at: At, place: number): number {
  return u8(p, place)
}
/** Sets the type. The checksum of layer 4 follows. */
export function setType(p: Bytes, at: At, value: number, place: number): void {
  segment8(p, at, place, value)
}

/** Neighbour discovery option: length. In units of 8 bytes. RFC 4861 section 4.6. */
export function length(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 1)
}
/** Sets the length. The checksum of layer 4 follows. */
export function setLength(p: Bytes, at: At, value: number, place: number): void {
  segment8(p, at, place + 1, value)
}
