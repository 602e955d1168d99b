// Reads and changes headers by name, and the same by hand: what `rxburst/wire` costs. The code by hand checks the same
// things: once with the packet's own reads, which end at its end as those by name do, and once with views of all
// memory, which check nothing else.
import { ipv4, ipv6, is, locate as locatePacket, udp } from '../../wire/index.js'
import type { Burst } from '../../worker/burst.js'
import type { BurstHandler, Context } from '../../worker/processor.js'
import { DROP } from '../../worker/verdict.js'
import { FRAMES } from './frames.js'
import { heapWatch } from './heap.js'

// V8 looks an import up at every use; a constant of the module it folds into the code.
const locate = locatePacket
const WATCH_MS = 20

export type Task =
  | 'locate'
  | 'locateByHand'
  | 'locateByViews'
  | 'mixed'
  | 'mixedByHand'
  | 'mixedByViews'
  | 'set'
  | 'setByHand'
  | 'setByViews'
export interface WireData {
  task: Task
  heap: Float64Array
}

export default ({ data, u8, u16, u32, memory }: Context<WireData>): BurstHandler => {
  const view = new DataView(memory.buffer)
  const frames = FRAMES[data.task.startsWith('mixed') ? 'mixed' : 'plain']
  let stamped = 0
  let next = 0
  let sum = 0 // of what is read

  /** The first time a frame is seen it becomes one of the packets, each kind in turn. */
  const stamp = (o: number) => {
    u8.set(frames[stamped++ % frames.length], o)
  }

  const locatePlain = (burst: Burst, i: number) => {
    const p = burst.at(i)
    const at = locate(p)
    if (is.udp(at))
      sum = (sum + ipv4.source(p, at) + ipv4.destination(p, at) + udp.destinationPort(p, at)) | 0
  }

  const plainByViews = (o: number, length: number) => {
    if (length < 42 || view.getUint16(o + 12) !== 0x0800 || u8[o + 14] !== 0x45) return
    const total = view.getUint16(o + 16)
    if (total + 14 > length || (view.getUint16(o + 20) & 0x3fff) !== 0 || u8[o + 23] !== 17) return
    const inside = view.getUint16(o + 38)
    if (inside < 8 || inside + 20 > total) return
    sum = (sum + view.getUint32(o + 26) + view.getUint32(o + 30) + view.getUint16(o + 36)) | 0
  }

  const locateMixed = (burst: Burst, i: number) => {
    const p = burst.at(i)
    const at = locate(p)
    if (!is.udp(at)) return
    const left = is.ipv6(at) ? ipv6.hopLimit(p, at) : ipv4.timeToLive(p, at)
    sum = (sum + left + udp.sourcePort(p, at) + udp.destinationPort(p, at)) | 0
  }

  const mixedByViews = (o: number, length: number) => {
    let network = o + 14
    let type = view.getUint16(o + 12)
    if (type === 0x8100) {
      network = o + 18
      type = view.getUint16(o + 16)
    }
    const room = o + length - network
    let transport = 0
    let inside = 0
    let left = 0
    if (type === 0x0800) {
      const bytes = (u8[network] & 15) << 2
      const total = view.getUint16(network + 2)
      if (room < 28 || u8[network] >>> 4 !== 4 || bytes < 20 || total > room) return
      if ((view.getUint16(network + 6) & 0x3fff) !== 0 || u8[network + 9] !== 17) return
      transport = network + bytes
      inside = total - bytes
      left = u8[network + 8]
    } else if (type === 0x86dd) {
      inside = view.getUint16(network + 4)
      if (room < 48 || u8[network] >>> 4 !== 6 || inside + 40 > room || u8[network + 6] !== 17) return
      transport = network + 40
      left = u8[network + 7]
    } else return
    const datagram = view.getUint16(transport + 4)
    if (datagram < 8 || datagram > inside) return
    sum = (sum + left + view.getUint16(transport) + view.getUint16(transport + 2)) | 0
  }

  const set = (burst: Burst, i: number) => {
    const p = burst.at(i)
    const at = locate(p)
    if (is.udp(at)) ipv4.setDestination(p, at, next++ | 0)
  }

  /** RFC 1624: the checksum changes by the difference of what it covers. */
  const changed = (checksum: number, before: number, after: number) => {
    let all = (~checksum & 0xffff) + (~before & 0xffff) + (~before >>> 16) + (after & 0xffff) + (after >>> 16)
    all = (all & 0xffff) + (all >>> 16)
    return ~(all + (all >>> 16)) & 0xffff
  }

  const setByViews = (o: number, length: number) => {
    if (length < 42 || view.getUint16(o + 12) !== 0x0800 || u8[o + 14] !== 0x45) return
    const total = view.getUint16(o + 16)
    if (total + 14 > length || (view.getUint16(o + 20) & 0x3fff) !== 0 || u8[o + 23] !== 17) return
    const inside = view.getUint16(o + 38)
    if (inside < 8 || inside + 20 > total) return
    const before = view.getInt32(o + 30)
    const after = next++ | 0
    view.setInt32(o + 30, after)
    view.setUint16(o + 24, changed(view.getUint16(o + 24), before, after))
    const checksum = view.getUint16(o + 40)
    if (checksum !== 0) view.setUint16(o + 40, changed(checksum, before, after) || 0xffff)
  }

  const plainByHand = (burst: Burst, i: number) => {
    const p = burst.at(i)
    const { length } = p
    if (length < 42 || p.u16(12) !== 0x0800 || p.u8(14) !== 0x45) return
    const total = p.u16(16)
    if (total + 14 > length || (p.u16(20) & 0x3fff) !== 0 || p.u8(23) !== 17) return
    const inside = p.u16(38)
    if (inside < 8 || inside + 20 > total) return
    sum = (sum + p.u32(26) + p.u32(30) + p.u16(36)) | 0
  }

  const mixedByHand = (burst: Burst, i: number) => {
    const p = burst.at(i)
    let network = 14
    let type = p.u16(12)
    if (type === 0x8100) {
      network = 18
      type = p.u16(16)
    }
    const room = p.length - network
    let transport = 0
    let inside = 0
    let left = 0
    if (type === 0x0800) {
      const first = p.u8(network)
      const bytes = (first & 15) << 2
      const total = p.u16(network + 2)
      if (room < 28 || first >>> 4 !== 4 || bytes < 20 || total > room) return
      if ((p.u16(network + 6) & 0x3fff) !== 0 || p.u8(network + 9) !== 17) return
      transport = network + bytes
      inside = total - bytes
      left = p.u8(network + 8)
    } else if (type === 0x86dd) {
      inside = p.u16(network + 4)
      if (room < 48 || p.u8(network) >>> 4 !== 6 || inside + 40 > room || p.u8(network + 6) !== 17) return
      transport = network + 40
      left = p.u8(network + 7)
    } else return
    const datagram = p.u16(transport + 4)
    if (datagram < 8 || datagram > inside) return
    sum = (sum + left + p.u16(transport) + p.u16(transport + 2)) | 0
  }

  const setByHand = (burst: Burst, i: number) => {
    const p = burst.at(i)
    const { length } = p
    if (length < 42 || p.u16(12) !== 0x0800 || p.u8(14) !== 0x45) return
    const total = p.u16(16)
    if (total + 14 > length || (p.u16(20) & 0x3fff) !== 0 || p.u8(23) !== 17) return
    const inside = p.u16(38)
    if (inside < 8 || inside + 20 > total) return
    const before = p.u32(30) | 0
    const after = next++ | 0
    p.u32(30, after)
    p.u16(24, changed(p.u16(24), before, after))
    const checksum = p.u16(40)
    if (checksum !== 0) p.u16(40, changed(checksum, before, after) || 0xffff)
  }

  const byPacket = (each: (burst: Burst, i: number) => void): BurstHandler => {
    return (burst) => {
      const { offsetIndex, count } = burst
      for (let i = 0; i < count; i++) {
        const o = u32[offsetIndex + i]
        if (u16[(o >>> 1) + 6] === 0) stamp(o)
        each(burst, i)
      }
      burst.setAll(DROP)
    }
  }

  const byViews = (each: (o: number, length: number) => void): BurstHandler => {
    return (burst) => {
      const { offsetIndex, lengthIndex, count } = burst
      for (let i = 0; i < count; i++) {
        const o = u32[offsetIndex + i]
        if (u16[(o >>> 1) + 6] === 0) stamp(o)
        each(o, u32[lengthIndex + i])
      }
      burst.setAll(DROP)
    }
  }

  setInterval(heapWatch(data.heap), WATCH_MS).unref()
  const tasks: Record<Task, () => BurstHandler> = {
    locate: () => byPacket(locatePlain),
    locateByHand: () => byPacket(plainByHand),
    locateByViews: () => byViews(plainByViews),
    mixed: () => byPacket(locateMixed),
    mixedByHand: () => byPacket(mixedByHand),
    mixedByViews: () => byViews(mixedByViews),
    set: () => byPacket(set),
    setByHand: () => byPacket(setByHand),
    setByViews: () => byViews(setByViews),
  }
  return tasks[data.task]()
}
