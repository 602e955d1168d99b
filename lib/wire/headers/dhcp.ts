// DHCP: the fixed part, and the options by code.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as fields from '../fields/dhcp.gen.js'
import * as udp from '../fields/udp.gen.js'
import { DHCP, optionAfter, optionAt, optionOf } from '../options.js'
import * as places from '../places.js'

export * from '../fields/dhcp.gen.js'

const { transport } = places

const begin = (p: Bytes, at: At): number => transport(p, at) + 8 + fields.BYTES
const end = (p: Bytes, at: At): number => transport(p, at) + udp.length(p, at)

/** The place of the first option, whatever its type; negative: none, or OVERRUN. */
export const firstOption = (p: Bytes, at: At): number => optionAt(p, begin(p, at), end(p, at), DHCP)

/** The place of the option behind the one at `place`. */
export const nextOption = (p: Bytes, at: At, place: number): number => optionAfter(p, place, end(p, at), DHCP)

/** The place of the first option of this code; negative: none, or OVERRUN. */
export const option = (p: Bytes, at: At, code: number): number =>
  optionOf(p, begin(p, at), end(p, at), DHCP, code)
