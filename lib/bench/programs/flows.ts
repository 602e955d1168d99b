// Per packet: parse the 5-tuple, find its flow among 100 000, count. The table is the one of native/bench/c_loop.cc,
// word for word.
import type { BurstHandler, Context } from '../../worker/processor.js'
import { DROP } from '../../worker/verdict.js'

const FLOWS = 100_000
const STEP = 61_417 // coprime, so that every flow has its turn, in no order
const ROOM = 1 << 18
const MASK = ROOM - 1
const IPV4 = 0x0008 // as 16 bits of a little-endian machine

/** Counts the packet whose first byte is at `o`. */
export function counter({ u8, u16 }: Pick<Context, 'u8' | 'u16'>): (o: number) => void {
  const table = new Uint32Array(4 * ROOM) // from, to, ports, packets
  return (o: number) => {
    const h = o >>> 1
    const protocol = u8[o + 23]
    if (u16[h + 6] !== IPV4 || u8[o + 14] !== 0x45 || (protocol !== 17 && protocol !== 6)) return
    const from = u16[h + 13] | (u16[h + 14] << 16)
    const to = u16[h + 15] | (u16[h + 16] << 16)
    const ports = u16[h + 17] | (u16[h + 18] << 16)
    let hash =
      Math.imul(from, 0x9e3779b1) ^ Math.imul(to, 0x85ebca77) ^ Math.imul(ports, 0xc2b2ae3d) ^ protocol
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    for (let at = (hash ^ (hash >>> 13)) & MASK; ; at = (at + 1) & MASK) {
      const i = at << 2
      const packets = table[i + 3]
      if (packets === 0) {
        table[i] = from
        table[i + 1] = to
        table[i + 2] = ports
      } else if ((table[i] | 0) !== from || (table[i + 1] | 0) !== to || (table[i + 2] | 0) !== ports) {
        continue
      }
      table[i + 3] = packets + 1
      return
    }
  }
}

export default ({ u8, u16, u32 }: Context): BurstHandler => {
  const count = counter({ u8, u16 })
  let next = 0

  /** net_null's packets are empty: the first time a frame is seen it becomes a UDP packet. */
  const blank = (o: number) => {
    u8.set([8, 0, 0x45, 0], o + 12)
    u8[o + 23] = 17
    u8.set([10, 77, 0, 2, 4, 0, 16, 225], o + 30)
  }

  return (burst) => {
    const { offsetIndex, count: n } = burst
    for (let i = 0; i < n; i++) {
      const o = u32[offsetIndex + i]
      if (u16[(o >>> 1) + 6] !== IPV4) blank(o)
      next += STEP
      if (next >= FLOWS) next -= FLOWS
      u16[(o >>> 1) + 13] = next
      u16[(o >>> 1) + 14] = next >>> 16
      count(o)
    }
    burst.setAll(DROP)
  }
}
