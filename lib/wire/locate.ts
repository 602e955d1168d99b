// locate(): what a packet has, and where it begins.

import { u8, view } from '../worker/views.js'
import { type At, IPV4, L3_SHIFT, TCP, UDP } from './at.js'
import { type Bytes, debug } from './bytes.js'
import { walk as walkAll } from './walk.js'

const memory = u8
const network = view
const walk = walkAll
const PLAIN = IPV4 | (7 << L3_SHIFT) | 17
const PLAIN_UDP = PLAIN | UDP
const PLAIN_TCP = PLAIN | TCP

/**
 * The commonest packet here: Ethernet, IPv4 without options, no fragment, UDP or TCP, all of it there. It has to stay under 460 bytes of
 * bytecode, the most that V8 inlines; the walk is for every other packet, and says the same of this one.
 */
function fast(p: Bytes): At {
  if ((p as { u16?: unknown }).u16 === undefined) return walk(p)
  const i = (p as { offset: number }).offset
  const length = p.length
  if (length >= 42 && network.getUint16(i + 12) === 0x0800 && memory[i + 14] === 0x45) {
    const total = network.getUint16(i + 16)
    if ((network.getUint16(i + 20) & 0x3fff) === 0 && total + 14 <= length) {
      const protocol = memory[i + 23]
      if (protocol === 17) {
        const inside = network.getUint16(i + 38)
        if (inside >= 8 && inside + 20 <= total) return PLAIN_UDP
      } else if (protocol === 6 && total >= 40) {
        const words = memory[i + 46] >>> 4
        if (words >= 5 && (words << 2) + 20 <= total) return PLAIN_TCP
      }
    }
  }
  return walk(p)
}

/** debug: true. The packet has to be alive. */
function checked(p: Bytes): At {
  if (!(p instanceof Uint8Array)) p.view()
  return walk(p)
}

/**
 * Walks to layer 4: Ethernet, VLAN tags, MPLS labels, IPv4 with options, IPv6 with extension headers. One number says which headers
 * are there, where they begin, and whether the packet is a fragment, cut, malformed, or too deep. It reads inside the packet only,
 * never throws, and allocates nothing. `is` reads the number, the accessors take it. Of a packet of several segments it sees the
 * first.
 */
export const locate: (p: Bytes) => At = debug ? checked : fast
