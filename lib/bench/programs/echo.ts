// Answers UDP requests in place: addresses and ports change places, so no checksum changes. Counts collections while it
// runs.
import { PerformanceObserver } from 'node:perf_hooks'
import type { BurstHandler, Context } from '../../worker/processor.js'
import { DROP, tx } from '../../worker/verdict.js'

export default ({ u8, u16, data }: Context<{ gcs: Int32Array }>): BurstHandler => {
  new PerformanceObserver((list) => {
    data.gcs[0] += list.getEntries().length
  }).observe({ entryTypes: ['gc'] })

  const swap16 = (a: number, b: number) => {
    const kept = u16[a]
    u16[a] = u16[b]
    u16[b] = kept
  }

  return (burst) => {
    const { offset, length, verdict, count } = burst
    const back = tx(burst.port)
    for (let i = 0; i < count; i++) {
      const o = offset[i]
      if (length[i] < 42 || u8[o + 12] !== 8 || u8[o + 13] !== 0 || u8[o + 23] !== 17) {
        verdict[i] = DROP
        continue
      }
      const h = o >>> 1
      for (let k = 0; k < 3; k++) swap16(h + k, h + 3 + k)
      swap16(h + 13, h + 15)
      swap16(h + 14, h + 16)
      swap16(h + 17, h + 18)
      verdict[i] = back
    }
  }
}
