// One task, written well and in five ways that are slow: counts packets by the low byte of their destination port, and
// drops them.
import type { BurstHandler, Context } from '../../worker/processor.js'
import { DROP } from '../../worker/verdict.js'

const COUNTERS = 256
const PORT = 36 // byte of the destination port in UDP over IPv4 without options
const LOW_BYTE = 8 // the second of its two bytes, as a 16-bit number of a little-endian machine

export type How = 'plain' | 'shapes' | 'objects' | 'bigint' | 'closures' | 'outside'

/** Five rules of five shapes: whatever looks at `rule.shift` has to find out which it is, each time. */
const RULES = [
  { shift: LOW_BYTE },
  { shift: LOW_BYTE, name: 'b' },
  { name: 'c', shift: LOW_BYTE },
  { mask: 1, shift: LOW_BYTE },
  { next: null, mask: 1, shift: LOW_BYTE },
]

const HANDLERS: Record<How, (context: Context, counts: Uint32Array) => BurstHandler> = {
  plain:
    ({ u16 }, counts) =>
    ({ offset, count }) => {
      for (let i = 0; i < count; i++) counts[u16[(offset[i] + PORT) >>> 1] >>> LOW_BYTE]++
    },
  shapes: ({ u16 }, counts) => {
    let next = 0
    return ({ offset, count }) => {
      for (let i = 0; i < count; i++) {
        next = next === RULES.length - 1 ? 0 : next + 1
        counts[u16[(offset[i] + PORT) >>> 1] >>> RULES[next].shift]++
      }
    }
  },
  objects: ({ u16, u32 }, counts) => {
    const parsed: { from: number; to: number; port: number }[] = []
    return ({ offset, count }) => {
      for (let i = 0; i < count; i++) {
        const at = offset[i]
        parsed[i] = { from: u32[(at + 26) >>> 2], to: u32[(at + 30) >>> 2], port: u16[(at + PORT) >>> 1] }
      }
      for (let i = 0; i < count; i++) counts[parsed[i].port >>> LOW_BYTE]++
    }
  },
  bigint: ({ memory }, counts) => {
    const view = new DataView(memory.buffer)
    return ({ offset, count }) => {
      for (let i = 0; i < count; i++) counts[Number(view.getBigUint64(offset[i] + PORT - 6) & 0xffn)]++
    }
  },
  closures:
    ({ u16 }, counts) =>
    ({ offset, count }) => {
      Array.from(offset.subarray(0, count), (at) => u16[(at + PORT) >>> 1] >>> LOW_BYTE).forEach((port) => {
        counts[port]++
      })
    },
  outside: ({ u16 }) => {
    const few = new Uint32Array(16)
    return ({ offset, count }) => {
      for (let i = 0; i < count; i++) {
        const port = (u16[(offset[i] + PORT) >>> 1] >>> LOW_BYTE) + few.length
        few[port] = (few[port] ?? 0) + 1
      }
    }
  },
}

export default (context: Context<{ how: How }>): BurstHandler => {
  const handler = HANDLERS[context.data.how](context, new Uint32Array(COUNTERS))
  return (burst) => {
    handler(burst)
    burst.setAll(DROP)
  }
}
