// TCP option, RFC 9293 section 3.2: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u8 } = bytes
const { segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 2

/** TCP option: kind. RFC 9293 section 3.2. */
export function kind(p: Bytes, _at: At, place: number): number {
  return u8(p, place)
}
/** Sets the kind. The checksum of layer 4 follows. */
export function setKind(p: Bytes, at: At, value: number, place: number): void {
  segment8(p, at, place, value)
}

/** TCP option: length. Bytes of the whole option; kinds 0 and 1 have no length. RFC 9293 section 3.2. */
export function length(p: Bytes, _at: At, place: number): number {
  return u8(p, place + 1)
}
/** Sets the length. The checksum of layer 4 follows. */
export function setLength(p: Bytes, at: At, value: number, place: number): void {
  segment8(p, at, place + 1, value)
}
