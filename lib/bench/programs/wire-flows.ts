// Per packet: parse the 5-tuple by name, find its flow among 100 000, count. The table is the one of flows.ts, word for
// word.
import { ipv4, is, locate as locatePacket, ports as portsOf } from '../../wire/index.js'
import type { BurstHandler, Context } from '../../worker/processor.js'
import { DROP } from '../../worker/verdict.js'
import { PLAIN } from './frames.js'
import { heapWatch } from './heap.js'

const locate = locatePacket
const bothPorts = portsOf
const WATCH_MS = 20
const BURST_MAX = 256
const FLOWS = 100_000
const STEP = 61_417 // coprime, so that every flow has its turn, in no order
const ROOM = 1 << 18
const MASK = ROOM - 1
const IPV4 = 0x0008 // as 16 bits of a little-endian machine

export default ({ u8, u16, u32, memory, data }: Context<{ heap: Float64Array }>): BurstHandler => {
  const table = new Uint32Array(4 * ROOM) // from, to, ports, packets
  const view = new DataView(memory.buffer)
  let next = 0

  // A burst is parsed first and looked up then: while one row comes from memory the processor asks for the next ones.
  const froms = new Int32Array(BURST_MAX)
  const tos = new Int32Array(BURST_MAX)
  const ports = new Int32Array(BURST_MAX)
  const places = new Int32Array(BURST_MAX)

  /** Where the search for a flow begins. */
  const placeOf = (from: number, to: number, both: number, protocol: number) => {
    let hash =
      Math.imul(from, 0x9e3779b1) ^ Math.imul(to, 0x85ebca77) ^ Math.imul(both, 0xc2b2ae3d) ^ protocol
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
    return (hash ^ (hash >>> 13)) & MASK
  }

  const count = (place: number, from: number, to: number, both: number) => {
    for (let at = place; ; at = (at + 1) & MASK) {
      const i = at << 2
      const packets = table[i + 3]
      if (packets === 0) {
        table[i] = from
        table[i + 1] = to
        table[i + 2] = both
      } else if ((table[i] | 0) !== from || (table[i + 1] | 0) !== to || (table[i + 2] | 0) !== both) {
        continue
      }
      table[i + 3] = packets + 1
      return
    }
  }

  setInterval(heapWatch(data.heap), WATCH_MS).unref()
  return (burst) => {
    const { offsetIndex, count: n } = burst
    let parsed = 0
    for (let i = 0; i < n; i++) {
      const o = u32[offsetIndex + i]
      if (u16[(o >>> 1) + 6] !== IPV4) u8.set(PLAIN, o)
      next += STEP
      if (next >= FLOWS) next -= FLOWS
      view.setUint32(o + 26, next, true) // as wide as it is read, or the processor waits for the store
      const p = burst.at(i)
      const at = locate(p)
      if (!is.ipv4(at)) continue
      const protocol = is.udp(at) ? 17 : is.tcp(at) ? 6 : 0
      if (protocol === 0) continue
      const from = ipv4.source(p, at) | 0
      const to = ipv4.destination(p, at) | 0
      const both = bothPorts(p, at) | 0
      froms[parsed] = from
      tos[parsed] = to
      ports[parsed] = both
      places[parsed++] = placeOf(from, to, both, protocol)
    }
    for (let i = 0; i < parsed; i++) count(places[i], froms[i], tos[i], ports[i])
    burst.setAll(DROP)
  }
}
