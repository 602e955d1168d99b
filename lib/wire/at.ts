// The number that locate() returns: which headers a packet has and where they begin, in 32 bits. V8 keeps such a number
// in a register and never on the heap. Nobody but lib/wire takes it apart.
//
//   bits 1-9    where layer 4 begins, a byte number below 1024, which is even; 0: nowhere
//   bits 10-17  where layer 3 begins: a byte number below 512, which is even, times 2^9
//   bit  0      there is no Ethernet header in front of layer 3
//   bits 18-20  layer 4        bits 21-22  layer 3
//   bits 23-24  VLAN tags      bits 25-27  MPLS labels
//   bits 28-29  fragment       bits 30-31  state

/** The number that locate() returns. It belongs to the packet as it is now; a change of its layout needs a new one. */
export type At = number

export const NO_ETHERNET = 1
// An export is looked up at every use, in its own module too; V8 folds these into the code of a handler.
const l4Mask = 0x3fe
const l3Shift = 9
const l3Mask = 0x1fe
export const L4_MASK = l4Mask
export const L3_SHIFT = l3Shift
export const L3_MASK = l3Mask

export const TRANSPORT = 7 << 18
export const UDP = 1 << 18
export const TCP = 2 << 18
export const ICMP = 3 << 18
export const ICMPV6 = 4 << 18
export const SCTP = 5 << 18
export const GRE = 6 << 18
/** IPv4 or IPv6 in IP. */
export const IP_IN_IP = 7 << 18

export const NETWORK = 3 << 21
export const IPV4 = 1 << 21
export const IPV6 = 2 << 21
export const ARP = 3 << 21

export const TAG_SHIFT = 23
export const TAGS_MAX = 3
export const LABEL_SHIFT = 25
export const LABELS_MAX = 7

export const FRAGMENT = 3 << 28
export const FIRST_FRAGMENT = 1 << 28
export const LATER_FRAGMENT = 2 << 28

export const STATE = 3 << 30
/** The packet ends before its headers, or before what they say. */
export const CUT = 1 << 30
/** A header contradicts itself or another one. */
export const MALFORMED = 2 << 30
/** More tags, labels or bytes of headers than the number can say. */
export const TOO_DEEP = 3 << 30

/** Bits that say where and what; the others say how whole it is. */
export const LAYOUT = ~(STATE | FRAGMENT)

/** Largest byte where layer 3 and layer 4 may begin. */
export const L3_MAX = L3_MASK
export const L4_MAX = L4_MASK

/** Where layer 3 begins. */
export const networkOf = (at: At): number => (at >>> l3Shift) & l3Mask
/** Where layer 4 begins; 0 where the packet has none. */
export const transportOf = (at: At): number => at & l4Mask
export const tagsOf = (at: At): number => (at >>> TAG_SHIFT) & TAGS_MAX
export const labelsOf = (at: At): number => (at >>> LABEL_SHIFT) & LABELS_MAX
