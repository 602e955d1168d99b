// The number that locate() returns: which headers a packet has and where they begin, in 32 bits. V8 keeps such a number in a register
// and never on the heap. Nobody but lib/wire takes it apart.
//
//   bits 0-8    where layer 4 begins, in units of 2 bytes; 0: nowhere
//   bits 9-16   where layer 3 begins, in units of 2 bytes
//   bits 17-19  layer 4        bits 20-21  layer 3
//   bits 22-23  VLAN tags      bits 24-26  MPLS labels
//   bit  27     there is no Ethernet header in front of layer 3
//   bits 28-29  fragment       bits 30-31  state

/** The number that locate() returns. It belongs to the packet as it is now; a change of its layout needs a new one. */
export type At = number

export const L4_MASK = 0x1ff
export const L3_SHIFT = 9
export const L3_MASK = 0xff

export const TRANSPORT_SHIFT = 17
export const TRANSPORT = 7 << 17
export const UDP = 1 << 17
export const TCP = 2 << 17
export const ICMP = 3 << 17
export const ICMPV6 = 4 << 17
export const SCTP = 5 << 17
export const GRE = 6 << 17
/** IPv4 or IPv6 in IP. */
export const IP_IN_IP = 7 << 17

export const NETWORK = 3 << 20
export const IPV4 = 1 << 20
export const IPV6 = 2 << 20
export const ARP = 3 << 20

export const TAG_SHIFT = 22
export const TAGS_MAX = 3
export const LABEL_SHIFT = 24
export const LABELS_MAX = 7
export const NO_ETHERNET = 1 << 27

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
export const L3_MAX = 2 * L3_MASK
export const L4_MAX = 2 * L4_MASK

/** Where layer 3 begins. */
export const networkOf = (at: At): number => ((at >>> L3_SHIFT) & L3_MASK) << 1
/** Where layer 4 begins; 0 where the packet has none. */
export const transportOf = (at: At): number => (at & L4_MASK) << 1
export const tagsOf = (at: At): number => (at >>> TAG_SHIFT) & TAGS_MAX
export const labelsOf = (at: At): number => (at >>> LABEL_SHIFT) & LABELS_MAX
