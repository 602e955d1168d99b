// DNS question, behind its name, RFC 1035 section 4.1.2: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u16 } = bytes
const { segment16 } = write

/** Bytes of the fixed part. */
export const BYTES = 4

/** DNS question, behind its name: type. RFC 1035 section 4.1.2. */
export function type(p: Bytes, _at: At, place: number): number {
  return u16(p, place)
}
/** Sets the type. The checksum of layer 4 follows. */
export function setType(p: Bytes, at: At, value: number, place: number): void {
  segment16(p, at, place, value)
}

/** DNS question, behind its name: question class. RFC 1035 section 4.1.2. */
export function questionClass(p: Bytes, _at: At, place: number): number {
  return u16(p, place + 2)
}
/** Sets the question class. The checksum of layer 4 follows. */
export function setQuestionClass(p: Bytes, at: At, value: number, place: number): void {
  segment16(p, at, place + 2, value)
}
