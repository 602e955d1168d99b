// The columns of a burst that is tried out: filled before the handler runs, read after it.
import { layout } from '../layout.gen.js'
import type { Burst } from '../worker/burst.js'
import { u32 } from '../worker/views.js'

const { offsets, unset } = layout

/** A packet for receive(), with the columns beside its bytes that a port can fill. */
export interface Received {
  /** The packet, from its Ethernet header on. */
  readonly bytes: Uint8Array
  /** RSS hash. Default 0. */
  readonly hash?: number | undefined
  /** VLAN TCI that the device took off. Default: none. */
  readonly vlan?: number | undefined
  /** Receive time, ns. Default 0. */
  readonly timestamp?: number | undefined
  /** 0 unknown, 1 good, 2 bad, 3 never computed. Default 0. */
  readonly checksum?: 0 | 1 | 2 | 3 | undefined
  /** Mark set by the device. Default 0. */
  readonly mark?: number | undefined
}

/** Shows these packets, at these places, to the handler. */
export function fill(burst: Burst, packets: readonly Received[], places: readonly number[]): void {
  burst.count = packets.length
  u32[burst.address >>> 2] = packets.length
  u32[(burst.address + offsets.slotAll) >>> 2] = unset
  burst.verdict.fill(0)
  burst.more.fill(0)
  for (const [
    i,
    { bytes, hash = 0, vlan = unset, timestamp = 0, checksum = 0, mark = 0 },
  ] of packets.entries()) {
    burst.offset[i] = places[i]
    burst.length[i] = bytes.length
    burst.hash[i] = hash
    burst.vlan[i] = vlan
    burst.timestamp[i] = timestamp
    burst.checksum[i] = checksum
    burst.mark[i] = mark
  }
}

/** The verdict of each packet: that of the whole burst where it has one. */
export function verdictsOf(burst: Burst): number[] {
  const all = u32[(burst.address + offsets.slotAll) >>> 2]
  return Array.from(burst.verdict.subarray(0, burst.count), (verdict) => (all === unset ? verdict : all))
}

/** Which packets keep() was called on. The marks are gone afterwards. */
export function keptOf(burst: Burst): boolean[] {
  const from = (burst.address + offsets.slotKept) >>> 2
  const marks = Array.from(
    { length: burst.count },
    (_, i) => ((u32[from + (i >>> 5)] >>> (i & 31)) & 1) === 1,
  )
  u32[(burst.address + offsets.slotKeeps) >>> 2] = 0
  u32.fill(0, from, from + 8)
  return marks
}
