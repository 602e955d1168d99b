// ICMPv6: the fields, and the options of neighbour discovery by type.
import { type At, networkOf } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as fields from '../fields/icmpv6.gen.js'
import * as ipv6 from '../fields/ipv6.gen.js'
import { DISCOVERY, NOWHERE, optionAfter, optionAt, optionOf } from '../options.js'
import * as places from '../places.js'

export * from '../fields/icmpv6.gen.js'

const { transport } = places

// Bytes in front of the options, of router solicitation (133) to redirect (137).
const FIXED = [8, 16, 24, 24, 40]

const begin = (p: Bytes, at: At): number => {
  const fixed = FIXED[fields.type(p, at) - 133]
  return fixed === undefined ? NOWHERE : transport(p, at) + fixed
}
const end = (p: Bytes, at: At): number => networkOf(at) + 40 + ipv6.payloadLength(p, at)

/** The place of the first option of a message of neighbour discovery; negative: none, or OVERRUN. */
export function firstOption(p: Bytes, at: At): number {
  const i = begin(p, at)
  return i < 0 ? NOWHERE : optionAt(p, i, end(p, at), DISCOVERY)
}

/** The place of the option behind the one at `place`. */
export const nextOption = (p: Bytes, at: At, place: number): number =>
  optionAfter(p, place, end(p, at), DISCOVERY)

/** The place of the first option of this type; negative: none, or OVERRUN. */
export function option(p: Bytes, at: At, type: number): number {
  const i = begin(p, at)
  return i < 0 ? NOWHERE : optionOf(p, i, end(p, at), DISCOVERY, type)
}
