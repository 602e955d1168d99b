// The processor behind `rxburst replay`: sends each packet of the ring when it is due.
import { Histogram } from '../tables/index.js'
import { locate } from '../wire/index.js'
import type { BurstHandler, Context } from '../worker/processor.js'
import { DROP } from '../worker/verdict.js'
import { type Rewrite, rewriter } from './rewrite.js'
import { type RingMemory, RingReader } from './ring.js'

export interface ReplayData {
  ring: RingMemory
  rewrites: readonly Rewrite[]
  /** Nanoseconds by which packets left later than they were due. */
  late: Histogram
}

const BATCH = 32

export default ({ data, alloc, onTurn, u8 }: Context<ReplayData>): BurstHandler => {
  const ring = new RingReader(data.ring)
  const late = Histogram.from(data.late)
  const rewrites = data.rewrites.map(rewriter)
  let began = -1

  onTurn(() => {
    for (let sent = 0; sent < BATCH && ring.look(); sent++) {
      const now = performance.now() * 1e6
      if (began < 0) began = now - ring.dueNs
      const behind = now - began - ring.dueNs
      if (behind < 0) return
      const packet = alloc(ring.length)
      if (!packet) return // the transmit ring is full; next turn
      ring.take(u8, packet.offset)
      if (rewrites.length > 0) {
        const at = locate(packet)
        for (let i = 0; i < rewrites.length; i++) rewrites[i](packet, at)
      }
      late.record(behind)
      packet.send(0)
    }
  })
  return (burst) => burst.setAll(DROP)
}
