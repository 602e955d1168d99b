// TCP: the fields, and its options by kind.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as fields from '../fields/tcp.gen.js'
import { IP_OR_TCP, optionAfter, optionAt, optionOf } from '../options.js'
import * as places from '../places.js'

export * from '../fields/tcp.gen.js'

const { transport } = places

const begin = (p: Bytes, at: At): number => transport(p, at) + fields.BYTES
const end = (p: Bytes, at: At): number => transport(p, at) + 4 * fields.dataOffset(p, at)

/** The place of the first option, whatever its type; negative: none, or OVERRUN. */
export const firstOption = (p: Bytes, at: At): number => optionAt(p, begin(p, at), end(p, at), IP_OR_TCP)

/** The place of the option behind the one at `place`. */
export const nextOption = (p: Bytes, at: At, place: number): number =>
  optionAfter(p, place, end(p, at), IP_OR_TCP)

/** The place of the first option of this kind; negative: none, or OVERRUN. */
export const option = (p: Bytes, at: At, kind: number): number =>
  optionOf(p, begin(p, at), end(p, at), IP_OR_TCP, kind)
