// Where a header begins, in bytes from the packet's first: out of the number that locate() returned. Debug mode looks
// whether the number is one of this packet's.

import type { At } from './at.js'
import * as layout from './at.js'
import { type Bytes, debug } from './bytes.js'
import { checkAt } from './debug.js'

// Constants of this module: V8 folds them into the code of a handler, and looks imports up at every read.
const { L3_MASK, L3_SHIFT, L4_MASK, NO_ETHERNET, labelsOf, tagsOf } = layout

/**
 * No such header or option: what is read from there on is 0, and nothing is written. Every place that is one is 0 or
 * more.
 */
export const NOWHERE = -0x10_0000

const unchecked3 = (_p: Bytes, at: At): number => (at >>> L3_SHIFT) & L3_MASK
const unchecked4 = (_p: Bytes, at: At): number => at & L4_MASK

function checked3(p: Bytes, at: At): number {
  checkAt(p, at)
  return unchecked3(p, at)
}
function checked4(p: Bytes, at: At): number {
  checkAt(p, at)
  return unchecked4(p, at)
}

/** Where layer 3 begins. */
export const network = debug ? checked3 : unchecked3
/** Where layer 4 begins; 0 where the packet has none. */
export const transport = debug ? checked4 : unchecked4

/** Where the n-th MPLS label begins; the outermost is 0. */
export function mpls(p: Bytes, at: At, n: number): number {
  const labels = labelsOf(at)
  return n >= 0 && n < labels ? network(p, at) - 4 * (labels - n) : NOWHERE
}

/** Where the n-th VLAN tag begins; the outermost is 0. Its first byte is behind the EtherType that announces it. */
export function vlan(p: Bytes, at: At, n: number): number {
  const tags = tagsOf(at)
  return n >= 0 && n < tags ? network(p, at) - 4 * (labelsOf(at) + tags - n) : NOWHERE
}

/** Where the Ethernet header in front of this layer 3 begins; without `at` it is the packet's first. */
export function ethernet(p: Bytes, at?: At): number {
  if (at === undefined) return 0
  if ((at & NO_ETHERNET) !== 0) return NOWHERE
  return network(p, at) - 14 - 4 * (labelsOf(at) + tagsOf(at))
}
