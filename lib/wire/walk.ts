// The walk from header to header that locate() makes when a packet is not of the commonest kinds, and inner() inside a
// tunnel.
import {
  ARP,
  type At,
  CUT,
  FIRST_FRAGMENT,
  FRAGMENT,
  GRE,
  ICMP,
  ICMPV6,
  IP_IN_IP,
  IPV4,
  IPV6,
  L3_MAX,
  L3_SHIFT,
  L4_MASK,
  L4_MAX,
  LABEL_SHIFT,
  LABELS_MAX,
  LATER_FRAGMENT,
  MALFORMED,
  SCTP,
  STATE,
  TAG_SHIFT,
  TAGS_MAX,
  TCP,
  TOO_DEEP,
  UDP,
} from './at.js'
import type { Bytes } from './bytes.js'
import * as bytes from './bytes.js'

const { look8: u8, look16: u16, look32: u32 } = bytes

// A contradiction counts for more than a missing end.
const malformed = (known: At): At => (known & ~STATE) | MALFORMED

// `end` is the first byte that does not belong to what is walked: the packet's end, or that of the tunnel's datagram.
// `known` is what is known of layer 2 already. Each step reads inside `end` only, and goes forward.

/** From the first byte of an Ethernet header. */
export const walk = (p: Bytes): At => ethernetFrom(p, 0, p.length)

export function ethernetFrom(p: Bytes, start: number, end: number): At {
  let i = start + 14
  if (i > L3_MAX) return TOO_DEEP
  if (i > end) return CUT
  let type = u16(p, i - 2)
  let tags = 0
  while (type === 0x8100 || type === 0x88a8 || type === 0x9100) {
    if (tags === TAGS_MAX) return place(i) | (tags << TAG_SHIFT) | TOO_DEEP
    if (i + 4 > end) return place(i) | (tags << TAG_SHIFT) | CUT
    type = u16(p, i + 2)
    i += 4
    tags++
  }
  return typed(p, type, i, end, tags << TAG_SHIFT)
}

const place = (i: number): At => (i <= L3_MAX ? i << L3_SHIFT : TOO_DEEP)

/** From behind an EtherType. */
export function typed(p: Bytes, type: number, i: number, end: number, known: At): At {
  if (i > L3_MAX) return known | TOO_DEEP
  if (type === 0x0800) return ipv4From(p, i, end, known)
  if (type === 0x86dd) return ipv6From(p, i, end, known)
  if (type === 0x0806) return arpFrom(p, i, end, known)
  if (type === 0x8847 || type === 0x8848) return mplsFrom(p, i, end, known)
  return known | place(i)
}

function mplsFrom(p: Bytes, i: number, end: number, known: At): At {
  let labels = 0
  for (;;) {
    if (labels === LABELS_MAX || i > L3_MAX) return known | place(i) | (labels << LABEL_SHIFT) | TOO_DEEP
    if (i + 4 > end) return known | place(i) | (labels << LABEL_SHIFT) | CUT
    const bottom = u8(p, i + 2) & 1
    i += 4
    labels++
    if (bottom === 1) return ipFrom(p, i, end, known | (labels << LABEL_SHIFT))
  }
}

/** IP of the version that its first half byte says. */
export function ipFrom(p: Bytes, i: number, end: number, known: At): At {
  if (i > L3_MAX) return known | TOO_DEEP
  if (i >= end) return known | place(i) | CUT
  const version = u8(p, i) >>> 4
  if (version === 4) return ipv4From(p, i, end, known)
  if (version === 6) return ipv6From(p, i, end, known)
  return known | place(i)
}

// Only addresses of Ethernet and IPv4 stand where the accessors look.
function arpFrom(p: Bytes, i: number, end: number, known: At): At {
  known |= place(i)
  if (i + 8 > end) return known | CUT
  const length = 8 + 2 * (u8(p, i + 4) + u8(p, i + 5))
  const usual = u32(p, i) === 0x00010800 && u16(p, i + 4) === 0x0604
  return (usual && i + 28 <= end ? known | ARP : known) | (i + length > end ? CUT : 0)
}

export function ipv4From(p: Bytes, i: number, end: number, known: At): At {
  known |= place(i)
  if (i >= end) return known | CUT
  const first = u8(p, i)
  const headerLength = (first & 15) << 2
  if (first >>> 4 !== 4 || headerLength < 20) return malformed(known)
  if (i + 20 > end) return known | CUT
  known |= IPV4
  const total = u16(p, i + 2)
  if (total < headerLength) return malformed(known)
  const l4 = i + headerLength
  if (l4 > end) return known | CUT
  const last = i + total
  if (last > end) known |= CUT
  const fragment = u16(p, i + 6) & 0x3fff
  if (fragment !== 0) known |= (fragment & 0x1fff) !== 0 ? LATER_FRAGMENT : FIRST_FRAGMENT
  return transportFrom(p, u8(p, i + 9), l4, last, end, known)
}

export function ipv6From(p: Bytes, i: number, end: number, known: At): At {
  known |= place(i)
  if (i >= end) return known | CUT
  if (u8(p, i) >>> 4 !== 6) return malformed(known)
  if (i + 40 > end) return known | CUT
  known |= IPV6
  const last = i + 40 + u16(p, i + 4)
  if (last > end) known |= CUT
  const next = u8(p, i + 6)
  return next === 17 || next === 6 || next === 58
    ? transportFrom(p, next, i + 40, last, end, known)
    : extensionsFrom(p, next, i + 40, last, end, known)
}

/** Extension headers: each is 8 bytes at least, and behind L4_MAX the walk ends. */
function extensionsFrom(p: Bytes, next: number, i: number, last: number, end: number, known: At): At {
  for (;;) {
    if (!isExtension(next)) return transportFrom(p, next, i, last, end, known)
    if (i > L4_MAX) return known | TOO_DEEP
    if (i + 8 > last) return malformed(known)
    if (i + 8 > end) return known | CUT
    const length = u8(p, i + 1)
    let bytes = (length + 1) << 3
    if (next === 51) bytes = (length + 2) << 2
    else if (next === 44) {
      bytes = 8
      const fragment = u16(p, i + 2)
      if (fragment >>> 3 !== 0) known |= LATER_FRAGMENT
      else if ((fragment & 1) !== 0) known |= FIRST_FRAGMENT
    }
    next = u8(p, i)
    i += bytes
    if (i > last) return malformed(known)
    if (i > end) return known | CUT
    if ((known & FRAGMENT) === LATER_FRAGMENT) return transportFrom(p, next, i, last, end, known)
  }
}

/** Hop-by-hop, routing, fragment, authentication, destination options, mobility. */
export const isExtension = (next: number): boolean =>
  next === 0 || next === 43 || next === 44 || next === 51 || next === 60 || next === 135

/** `last` is where IP says that its payload ends; `end`, where the bytes end. */
function transportFrom(p: Bytes, protocol: number, i: number, last: number, end: number, known: At): At {
  if (i > L4_MAX) return known | TOO_DEEP
  known |= i
  if ((known & FRAGMENT) === LATER_FRAGMENT) return known
  switch (protocol) {
    case 17:
      if (i + 8 > last) return malformed(known)
      return i + 8 > end ? known | CUT : udpFrom(p, i, last, known | UDP)
    case 6:
      if (i + 20 > last) return malformed(known)
      return i + 20 > end ? known | CUT : tcpFrom(p, i, last, end, known | TCP)
    case 1:
      return whole(known, ICMP, i + 8, last, end)
    case 58:
      return whole(known, ICMPV6, i + 8, last, end)
    case 132:
      return whole(known, SCTP, i + 12, last, end)
    case 47:
      return whole(known, GRE, i + 4, last, end)
    case 4:
    case 41:
      return known | IP_IN_IP
    case 51: // in front of layer 4 in IPv4 too
      if (i + 12 > last) return malformed(known)
      if (i + 12 > end) return known | CUT
      return transportFrom(p, u8(p, i), i + ((u8(p, i + 1) + 2) << 2), last, end, known & ~L4_MASK)
    default:
      return known
  }
}

const whole = (known: At, kind: At, needed: number, last: number, end: number): At =>
  needed > last ? malformed(known) : needed > end ? known | CUT : known | kind

// The first fragment of a datagram says the length of all of it.
function udpFrom(p: Bytes, i: number, last: number, known: At): At {
  const length = u16(p, i + 4)
  if (length < 8) return malformed(known)
  return i + length > last && (known & FRAGMENT) === 0 ? malformed(known) : known
}

function tcpFrom(p: Bytes, i: number, last: number, end: number, known: At): At {
  const length = (u8(p, i + 12) >>> 4) << 2
  if (length < 20 || i + length > last) return malformed(known)
  return i + length > end ? known | CUT : known
}
