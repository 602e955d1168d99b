// What a packet is: questions to the number that locate() returned. None of them looks at the packet.

import type { At } from './at.js'
import * as layout from './at.js'

// Constants of this module: V8 folds them into the code of a handler, and looks imports up at every question.
const {
  ARP,
  CUT,
  FIRST_FRAGMENT,
  FRAGMENT,
  GRE,
  ICMP,
  ICMPV6,
  IP_IN_IP,
  IPV4,
  IPV6,
  LABEL_SHIFT,
  LABELS_MAX,
  LATER_FRAGMENT,
  MALFORMED,
  NETWORK,
  SCTP,
  STATE,
  TAG_SHIFT,
  TAGS_MAX,
  TCP,
  TOO_DEEP,
  TRANSPORT,
  UDP,
} = layout

/** The UDP header is there. */
export const udp = (at: At): boolean => (at & TRANSPORT) === UDP
/** The TCP header is there, without options at least. */
export const tcp = (at: At): boolean => (at & TRANSPORT) === TCP
/** ICMP, of IPv4. */
export const icmp = (at: At): boolean => (at & TRANSPORT) === ICMP
/** ICMPv6, neighbour discovery too. */
export const icmpv6 = (at: At): boolean => (at & TRANSPORT) === ICMPV6
/** The SCTP header is there. */
export const sctp = (at: At): boolean => (at & TRANSPORT) === SCTP
/** The GRE header is there: inner() has the headers behind it. */
export const gre = (at: At): boolean => (at & TRANSPORT) === GRE
/** IPv4 or IPv6 in IP: inner() has its headers. */
export const ipInIp = (at: At): boolean => (at & TRANSPORT) === IP_IN_IP

/** The IPv4 header is there. */
export const ipv4 = (at: At): boolean => (at & NETWORK) === IPV4
/** The IPv6 header is there. */
export const ipv6 = (at: At): boolean => (at & NETWORK) === IPV6
/** ARP for IPv4 over Ethernet. */
export const arp = (at: At): boolean => (at & NETWORK) === ARP
/** A VLAN tag, 802.1Q or QinQ. */
export const vlan = (at: At): boolean => (at & (TAGS_MAX << TAG_SHIFT)) !== 0
/** There are MPLS labels. */
export const mpls = (at: At): boolean => (at & (LABELS_MAX << LABEL_SHIFT)) !== 0

/** A fragment, the first or a later one. */
export const fragment = (at: At): boolean => (at & FRAGMENT) !== 0
/** The first fragment: it has the header of layer 4. */
export const firstFragment = (at: At): boolean => (at & FRAGMENT) === FIRST_FRAGMENT
/** A later fragment: it has no header of layer 4. */
export const laterFragment = (at: At): boolean => (at & FRAGMENT) === LATER_FRAGMENT

/** Every header that was found is complete and agrees with the others, and so is what they say follows. */
export const whole = (at: At): boolean => (at & STATE) === 0
/** The packet ends before its headers do, or before what they say. The headers that `is` names can be read. */
export const cut = (at: At): boolean => (at & STATE) === CUT
/** A header contradicts itself or another one: a wrong version, a length that lies. */
export const malformed = (at: At): boolean => (at & STATE) === MALFORMED
/**
 * More tags, labels or bytes of headers than the number can say: 3 tags, 7 labels, layer 3 up to byte 510, layer 4 up
 * to byte 1022.
 */
export const tooDeep = (at: At): boolean => (at & STATE) === TOO_DEEP
