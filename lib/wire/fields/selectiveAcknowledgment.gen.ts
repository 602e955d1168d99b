// TCP SACK, first block, RFC 2018 section 3: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u32 } = bytes
const { segment32 } = write

/** Bytes of the fixed part. */
export const BYTES = 10

/** TCP SACK, first block: left edge. RFC 2018 section 3. */
export function leftEdge(p: Bytes, _at: At, place: number): number {
  return u32(p, place + 2)
}
/** Sets the left edge. The checksum of layer 4 follows. */
export function setLeftEdge(p: Bytes, at: At, value: number, place: number): void {
  segment32(p, at, place + 2, value)
}

/** TCP SACK, first block: right edge. RFC 2018 section 3. */
export function rightEdge(p: Bytes, _at: At, place: number): number {
  return u32(p, place + 6)
}
/** Sets the right edge. The checksum of layer 4 follows. */
export function setRightEdge(p: Bytes, at: At, value: number, place: number): void {
  segment32(p, at, place + 6, value)
}
