// GTP-U extension header, 3GPP TS 29.281 section 5.2: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u8 } = bytes
const { segment8 } = write

/** Bytes of the fixed part. */
export const BYTES = 4

/** GTP-U extension header: length. In units of 4 bytes. The last byte is the next type. 3GPP TS 29.281 section 5.2. */
export function length(p: Bytes, _at: At, place: number): number {
  return u8(p, place)
}
/** Sets the length. The checksum of layer 4 follows. */
export function setLength(p: Bytes, at: At, value: number, place: number): void {
  segment8(p, at, place, value)
}
