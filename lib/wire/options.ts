// Options in a row, each with a type and a length: found without an object, in bounded work, also where their lengths
// lie.
import { type Bytes, look8 } from './bytes.js'
import { NOWHERE } from './places.js'

const u8 = look8

export { NOWHERE }
/** The options end in the middle of one, or one has no length. Negative as NOWHERE is, and reads as 0. */
export const OVERRUN = -0x20_0000

/** How options of a protocol look: those of these two types are one byte long, and `last` ends the row. */
export interface Shape {
  readonly padding: number
  readonly last: number
  /** Bytes of an option whose length field says `length`. */
  readonly size: (length: number) => number
}

const NONE = -1
export const IP_OR_TCP: Shape = { padding: 1, last: 0, size: (length) => (length < 2 ? 0 : length) }
export const IPV6: Shape = { padding: 0, last: NONE, size: (length) => length + 2 }
export const DISCOVERY: Shape = { padding: NONE, last: NONE, size: (length) => length << 3 }
export const DHCP: Shape = { padding: 0, last: 255, size: (length) => length + 2 }

/** The option that begins at `i`, if one does before `end`: `i`, NOWHERE, or OVERRUN. */
export function optionAt(p: Bytes, i: number, end: number, shape: Shape): number {
  if (end > p.length) end = p.length
  if (i >= end) return NOWHERE
  const type = u8(p, i)
  if (type === shape.padding || type === shape.last) return i
  if (i + 2 > end) return OVERRUN
  const size = shape.size(u8(p, i + 1))
  return size === 0 || i + size > end ? OVERRUN : i
}

/** The option behind the one at `i`. */
export function optionAfter(p: Bytes, i: number, end: number, shape: Shape): number {
  if (i < 0) return i
  const type = u8(p, i)
  if (type === shape.last) return NOWHERE
  const size = type === shape.padding ? 1 : shape.size(u8(p, i + 1))
  return size === 0 ? OVERRUN : optionAt(p, i + size, end, shape)
}

/** The first option of that type from `i` on. */
export function optionOf(p: Bytes, i: number, end: number, shape: Shape, type: number): number {
  let place = optionAt(p, i, end, shape)
  while (place >= 0 && u8(p, place) !== type) place = optionAfter(p, place, end, shape)
  return place
}
