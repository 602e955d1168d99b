// Neighbour solicitation, RFC 4861 section 4.3: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { u32 } = bytes
const { transport } = places
const { segment128 } = write

/** Bytes of the fixed part. */
export const BYTES = 24

/** Neighbour solicitation: target, its 32 bits number `word`: 0 to 3. RFC 4861 section 4.3. */
export function target(p: Bytes, at: At, word: number): number {
  return word >= 0 && word < 4 ? u32(p, transport(p, at) + 8 + 4 * word) : 0
}
/** Byte of the packet where the address begins: formatIp(p, place) reads it there. RFC 4861 section 4.3. */
export function targetPlace(p: Bytes, at: At): number {
  return transport(p, at) + 8
}
/** Sets the target to four times 32 bits. The checksum of layer 4 follows. */
export function setTarget(p: Bytes, at: At, a: number, b: number, c: number, d: number): void {
  segment128(p, at, transport(p, at) + 8, a, b, c, d)
}
