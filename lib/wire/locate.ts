// locate(): what a packet has, and where it begins.

import { u8, view } from '../worker/views.js'
import type { At } from './at.js'
import * as layout from './at.js'
import { type Bytes, debug } from './bytes.js'
import { walk as walkAll } from './walk.js'

const { IPV4, IPV6, L3_SHIFT, TAG_SHIFT, TCP, UDP } = layout
const memory = u8
const network = view
const walk = walkAll
const PLAIN = IPV4 | (14 << L3_SHIFT) | 34
const PLAIN_UDP = PLAIN | UDP
const PLAIN_TCP = PLAIN | TCP
const WITH_OPTIONS = IPV4 | (14 << L3_SHIFT)
const TAGGED = IPV4 | (1 << TAG_SHIFT) | (18 << L3_SHIFT) | 38
const VERSION_6 = IPV6 | (14 << L3_SHIFT) | 54

// Functions that V8 is to inline stay under 460 bytes of bytecode, its limit. They read 32 bits where that takes two
// fields at once, and
// `>>> 0` keeps sums in 32 bits. What they say of a packet, the walk says too.

/** The commonest packet: Ethernet, IPv4 without options, no fragment, UDP or TCP, all of it there. */
function fast(p: Bytes): At {
  if ((p as { u16?: unknown }).u16 === undefined) return walk(p)
  const i = (p as { offset: number }).offset
  const length = p.length
  if (length < 42) return walk(p)
  const typeAndFirst = network.getInt32((i + 12) >>> 0)
  if (typeAndFirst >>> 8 !== 0x080045) return usual(p, i, length, typeAndFirst)
  const total = network.getUint16((i + 16) >>> 0)
  if (total + 14 > length) return walk(p)
  const protocol = network.getInt32((i + 20) >>> 0) & 0x3fff00ff // and the fragment's bits
  if (protocol === 17) {
    const inside = network.getUint16((i + 38) >>> 0)
    if (inside >= 8 && inside + 20 <= total) return PLAIN_UDP
  } else if (protocol === 6 && total >= 40) {
    const header = (memory[(i + 46) >>> 0] >>> 4) << 2
    if (header >= 20 && header + 20 <= total) return PLAIN_TCP
  }
  return walk(p)
}

/** The next common ones: IPv6 without extension headers, one VLAN tag before IPv4, IPv4 with options. */
function usual(p: Bytes, i: number, length: number, typeAndFirst: number): At {
  let kind = 0
  let at = 0
  if (typeAndFirst >>> 12 === 0x86dd6) {
    const room = network.getUint16((i + 18) >>> 0)
    if (room + 54 <= length) kind = transport(memory[(i + 20) >>> 0], (i + 54) >>> 0, room)
    at = VERSION_6
  } else if (typeAndFirst >>> 16 === 0x8100) {
    if (network.getInt32((i + 16) >>> 0) >>> 8 !== 0x080045) return walk(p)
    const total = network.getUint16((i + 20) >>> 0)
    const protocol = network.getInt32((i + 24) >>> 0) & 0x3fff00ff
    if (total + 18 <= length) kind = transport(protocol, (i + 38) >>> 0, total - 20)
    at = TAGGED
  } else if (typeAndFirst >>> 12 === 0x08004) {
    const bytes = (typeAndFirst >>> 6) & 0x3c
    const total = network.getUint16((i + 16) >>> 0)
    const protocol = network.getInt32((i + 20) >>> 0) & 0x3fff00ff
    if (total + 14 <= length && bytes >= 20) kind = transport(protocol, (i + 14 + bytes) >>> 0, total - bytes)
    at = WITH_OPTIONS | (14 + bytes)
  }
  return kind === 0 ? walk(p) : at | kind
}

/** UDP or TCP with `room` bytes, or 0 where it does not fit or is neither. */
function transport(protocol: number, i: number, room: number): number {
  if (protocol === 17 && room >= 8) {
    const inside = network.getUint16((i + 4) >>> 0)
    if (inside >= 8 && inside <= room) return UDP
  } else if (protocol === 6 && room >= 20) {
    const header = (memory[(i + 12) >>> 0] >>> 4) << 2
    if (header >= 20 && header <= room) return TCP
  }
  return 0
}

/** debug: true. The packet has to be alive. */
function checked(p: Bytes): At {
  if (!(p instanceof Uint8Array)) p.view()
  return walk(p)
}

/**
 * Walks to layer 4: Ethernet, VLAN tags, MPLS labels, IPv4 with options, IPv6 with extension headers. One number says
 * which headers are there, where they begin, and whether the packet is a fragment, cut, malformed, or too deep. It
 * reads inside the packet only, never throws, and allocates nothing. `is` reads the number, the accessors take it. Of a
 * packet of several segments it sees the first.
 */
export const locate: (p: Bytes) => At = debug ? checked : fast
