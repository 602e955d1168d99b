// The headers inside: of a tunnel's packet, and of the packet that an ICMP error quotes.
import * as layout from './at.js'
import {
  type At,
  GRE,
  ICMP,
  ICMPV6,
  IP_IN_IP,
  IPV4,
  IPV6,
  L3_MASK,
  L3_SHIFT,
  L4_MASK,
  NETWORK,
  NO_ETHERNET,
  TRANSPORT,
  UDP,
} from './at.js'
import type { Bytes } from './bytes.js'
import * as bytes from './bytes.js'
import { ethernetFrom, ipFrom, typed } from './walk.js'

const { look8: u8, look16: u16 } = bytes
const { networkOf, transportOf } = layout

const PLACES = L4_MASK | (L3_MASK << L3_SHIFT)
const BRIDGED = 0x6558 // transparent Ethernet bridging: GRE and Geneve
const VXLAN_PORT = 4789
const GTPU_PORT = 2152
const GENEVE_PORT = 6081
const ICMP_ERRORS = [3, 4, 5, 11, 12]

/**
 * The headers inside a tunnel: VXLAN, GTP-U and Geneve by UDP's destination port, GRE, IP in IP. The accessors take
 * what it returns as they take what locate() returns; 0 where there is no tunnel, or where it carries something else.
 * Setters keep the checksums of the inner headers right, and do not look at those around them: after changes of
 * addresses inside call setTransportChecksum() with the outer number.
 */
export const inner = (p: Bytes, at: At): At => known(insideOf(p, at))

/** 0 for a place that says nothing: no Ethernet, no label, no IP, and nothing wrong. */
const known = (at: At): At => ((at & ~PLACES) === NO_ETHERNET ? 0 : at)

function insideOf(p: Bytes, at: At): At {
  const i = transportOf(at)
  const end = endOf(p, at)
  switch (at & TRANSPORT) {
    case IP_IN_IP:
      return ipFrom(p, i, end, NO_ETHERNET)
    case GRE:
      return inGre(p, i, end)
    case UDP:
      return inUdp(p, i, end)
    default:
      return 0
  }
}

/**
 * The headers of the packet that an ICMP or ICMPv6 error quotes, most often cut behind its ports; 0 where there is
 * none. The error's own checksum covers them, and setters do not look at it: call setTransportChecksum() with the
 * error's number after a change.
 */
export function quoted(p: Bytes, at: At): At {
  const i = transportOf(at)
  const kind = at & TRANSPORT
  const type = u8(p, i)
  const error = kind === ICMP ? ICMP_ERRORS.includes(type) : kind === ICMPV6 && type >= 1 && type <= 4
  return error ? known(ipFrom(p, i + 8, endOf(p, at), NO_ETHERNET)) : 0
}

/** The first byte behind layer 3's packet: bytes behind it are padding. */
function endOf(p: Bytes, at: At): number {
  const i = networkOf(at)
  const kind = at & NETWORK
  if (kind === IPV4) return Math.min(p.length, i + u16(p, i + 2))
  if (kind === IPV6) return Math.min(p.length, i + 40 + u16(p, i + 4))
  return p.length
}

// Checksum, key and sequence number are there when their bits are set (RFC 2890). Version 1 is PPTP's.
function inGre(p: Bytes, i: number, end: number): At {
  const flags = u16(p, i)
  if ((flags & 0x4007) !== 0) return 0
  const inside = i + 4 + 4 * ((flags >>> 15) + ((flags >>> 13) & 1) + ((flags >>> 12) & 1))
  return carried(p, u16(p, i + 2), inside, end)
}

function inUdp(p: Bytes, i: number, end: number): At {
  const port = u16(p, i + 2)
  if (port === VXLAN_PORT) return i + 16 > end ? 0 : ethernetFrom(p, i + 16, end)
  if (port === GTPU_PORT) return inGtpu(p, i + 8, end)
  if (port !== GENEVE_PORT || i + 16 > end) return 0
  const first = u8(p, i + 8)
  if (first >>> 6 !== 0) return 0
  return carried(p, u16(p, i + 10), i + 16 + ((first & 0x3f) << 2), end)
}

const carried = (p: Bytes, type: number, i: number, end: number): At =>
  type === BRIDGED ? ethernetFrom(p, i, end) : typed(p, type, i, end, NO_ETHERNET)

// Version 1 of GTP, a packet of a user. Extension headers are 4 bytes at least, so the walk ends at `end`.
function inGtpu(p: Bytes, i: number, end: number): At {
  if (i + 8 > end || u8(p, i) >>> 4 !== 3 || u8(p, i + 1) !== 255) return 0
  const flags = u8(p, i) & 7
  if (flags === 0) return ipFrom(p, i + 8, end, NO_ETHERNET)
  let next = (flags & 4) !== 0 ? u8(p, i + 11) : 0
  i += 12
  while (next !== 0) {
    const length = u8(p, i) << 2
    if (length === 0 || i + length > end) return 0
    i += length
    next = u8(p, i - 1)
  }
  return ipFrom(p, i, end, NO_ETHERNET)
}
