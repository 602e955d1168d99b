// Geneve: the fields, and its options.
import type { At } from '../at.js'
import { type Bytes, look8, look16 } from '../bytes.js'
import * as fields from '../fields/geneve.gen.js'
import { NOWHERE, OVERRUN } from '../options.js'
import * as places from '../places.js'

export * from '../fields/geneve.gen.js'

const { transport } = places

function optionAt(p: Bytes, at: At, i: number): number {
  const begin = transport(p, at) + 16
  const end = Math.min(p.length, begin + 4 * fields.optionLength(p, at))
  if (i >= end) return NOWHERE
  return i + 4 > end || i + 4 + ((look8(p, i + 3) & 31) << 2) > end ? OVERRUN : i
}

/** The place of the first option; negative: none, or OVERRUN. */
export const firstOption = (p: Bytes, at: At): number => optionAt(p, at, transport(p, at) + 16)

/** The place of the option behind the one at `place`. */
export const nextOption = (p: Bytes, at: At, place: number): number =>
  place < 0 ? place : optionAt(p, at, place + 4 + ((look8(p, place + 3) & 31) << 2))

/** The place of the first option of this class and type; negative: none, or OVERRUN. */
export function option(p: Bytes, at: At, optionClass: number, type: number): number {
  let place = firstOption(p, at)
  while (place >= 0 && (look16(p, place) !== optionClass || look8(p, place + 2) !== type))
    place = nextOption(p, at, place)
  return place
}
