// MAC swap, one packet at a time: what the convenient way costs. The same loads and stores as the burst handler's.
import { type BurstHandler, type Context, perPacket } from '../../processor.js'
import { tx, type Verdict } from '../../verdict.js'

export default ({ u32 }: Context): BurstHandler => {
  const swapTo = (verdict: Verdict) =>
    perPacket((packet) => {
      const o = packet.offset >>> 2
      const a = u32[o]
      const b = u32[o + 1]
      const c = u32[o + 2]
      u32[o] = (b >>> 16) | (c << 16)
      u32[o + 1] = (c >>> 16) | (a << 16)
      u32[o + 2] = (a >>> 16) | (b << 16)
      return verdict
    })
  const byPort = [swapTo(tx(1)), swapTo(tx(0))]
  return (burst) => byPort[burst.port & 1](burst)
}
