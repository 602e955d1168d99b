// reply(): a packet turned round, in its own bytes.
import {
  ARP,
  type At,
  ICMP,
  ICMPV6,
  IPV4,
  IPV6,
  NETWORK,
  networkOf,
  SCTP,
  TCP,
  TRANSPORT,
  transportOf,
  UDP,
} from '../at.js'
import { type Bytes, look8, look16, look32, set16, set32 } from '../bytes.js'
import * as arp from '../fields/arp.gen.js'
import * as ethernet from '../fields/ethernet.gen.js'
import * as icmp from '../fields/icmp.gen.js'
import * as icmpv6 from '../fields/icmpv6.gen.js'
import * as ipv4 from '../fields/ipv4.gen.js'
import * as ipv6 from '../fields/ipv6.gen.js'

const HOPS = 64

function swap16(p: Bytes, i: number, k: number): void {
  const first = look16(p, i)
  set16(p, i, look16(p, k))
  set16(p, k, first)
}

function swap32(p: Bytes, i: number, k: number): void {
  const first = look32(p, i)
  set32(p, i, look32(p, k))
  set32(p, k, first)
}

/**
 * Turns a packet round: MACs, addresses and ports change sides, an echo request becomes its reply, an ARP request its
 * answer, the TTL is 64 again. Checksums follow; sides that change leave them as they are. `mac` is the answering
 * port's own: needed where the request went to all, as ARP's do. VLAN tags stay. @returns the same `at`
 */
export function reply(p: Bytes, at: At, mac?: number): At {
  swap32(p, 0, 6)
  swap16(p, 4, 10)
  if (mac !== undefined) ethernet.setSource(p, mac)
  const i = networkOf(at)
  const kind = at & NETWORK
  if (kind === ARP) answer(p, at, i, mac)
  else if (kind === IPV4) {
    swap32(p, i + 12, i + 16)
    ipv4.setTimeToLive(p, at, HOPS)
  } else if (kind === IPV6) {
    for (let word = 0; word < 16; word += 4) swap32(p, i + 8 + word, i + 24 + word)
    ipv6.setHopLimit(p, at, HOPS)
  }
  turnTransport(p, at)
  return at
}

function turnTransport(p: Bytes, at: At): void {
  const i = transportOf(at)
  const kind = at & TRANSPORT
  if (kind === UDP || kind === TCP || kind === SCTP) swap16(p, i, i + 2)
  else if (kind === ICMP && look8(p, i) === 8) icmp.setType(p, at, 0)
  else if (kind === ICMPV6 && look8(p, i) === 128) icmpv6.setType(p, at, 129)
}

// Both pairs change sides; the one who answers puts its own MAC where it was asked for.
function answer(p: Bytes, at: At, i: number, mac: number | undefined): void {
  swap32(p, i + 8, i + 18)
  swap16(p, i + 12, i + 22)
  swap32(p, i + 14, i + 24)
  if (mac !== undefined) arp.setSenderHardware(p, at, mac)
  if (arp.operation(p, at) === 1) arp.setOperation(p, at, 2)
}
