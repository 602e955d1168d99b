// IPv6: the fields, its extension headers by number, and the options in those.
import type { At } from '../at.js'
import { type Bytes, look8 } from '../bytes.js'
import * as fields from '../fields/ipv6.gen.js'
import { NOWHERE, OVERRUN, optionAfter, optionAt, IPV6 as SHAPE } from '../options.js'
import * as places from '../places.js'
import { isExtension } from '../walk.js'

export * from '../fields/ipv6.gen.js'

const u8 = look8
const { network, transport } = places
const FRAGMENT = 44
const AUTHENTICATION = 51

const sizeOf = (p: Bytes, header: number, place: number): number =>
  header === FRAGMENT
    ? 8
    : header === AUTHENTICATION
      ? (u8(p, place + 1) + 2) << 2
      : (u8(p, place + 1) + 1) << 3

/**
 * The place of the first extension header of that number (0 hop-by-hop, 43 routing, 44 fragment, 51 authentication, 60
 * destination options), in front of layer 4; negative: there is none.
 */
export function extension(p: Bytes, at: At, header: number): number {
  const end = transport(p, at) || p.length
  let next = fields.nextHeader(p, at)
  let place = network(p, at) + fields.BYTES
  while (isExtension(next) && place + 8 <= end) {
    if (next === header) return place
    const size = sizeOf(p, next, place)
    next = u8(p, place)
    place += size
  }
  return NOWHERE
}

const endOf = (p: Bytes, place: number): number => place + ((u8(p, place + 1) + 1) << 3)

/**
 * The place of the first option of the hop-by-hop or destination options that stand at `header`; negative: none, or
 * OVERRUN.
 */
export const firstOption = (p: Bytes, _at: At, header: number): number =>
  header < 0
    ? NOWHERE
    : endOf(p, header) > p.length
      ? OVERRUN
      : optionAt(p, header + 2, endOf(p, header), SHAPE)

/** The place of the option behind the one at `place`, in the options that stand at `header`. */
export const nextOption = (p: Bytes, _at: At, header: number, place: number): number =>
  optionAfter(p, place, endOf(p, header), SHAPE)
