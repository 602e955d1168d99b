// The example moves eight bytes at a time as float64. Some of those are not-a-number, and an engine may have one such
// number for all, in its interpreter or in a compiler of its. (One that only quiets signalling ones does no harm: the
// bit is among those written over.)
import type { BurstHandler, Context } from 'rxburst'
import t from 'tap'

const PACKETS = 256
const BYTES = 16
const BURSTS = 4 * (65536 / PACKETS) // cold at first, then compiled
const { default: l2fwd } = (await import(
  new URL('../../dist/examples/02-l2fwd.js', import.meta.url).href
)) as {
  default: (context: Partial<Context>) => BurstHandler
}

t.test('every exponent, quiet and signalling', async (t) => {
  const buffer = new ArrayBuffer(65536)
  const [u8, u32] = [new Uint8Array(buffer), new Uint32Array(buffer)]
  const offsetIndex = PACKETS * (BYTES / 4)
  for (let i = 0; i < PACKETS; i++) u32[offsetIndex + i] = i * BYTES
  const swap = l2fwd({ memory: { buffer } as WebAssembly.Memory, u32, data: { mode: 'macswap' } })
  const burst = { count: PACKETS, offsetIndex, segmented: false, port: 0, setAll() {} }
  let wrong = 0
  for (let round = 0; round < BURSTS; round++) {
    for (let i = 0; i < PACKETS * BYTES; i++) u8[i] = Math.imul(i + round, 0x9e3779b1) >>> 24
    for (let i = 0; i < PACKETS; i++) {
      const bits = round * PACKETS + i // each pair of bytes that can hold an exponent has every value
      for (const at of [0, 6, 12]) u8.set([bits & 0xff, (bits >> 8) & 0xff], i * BYTES + at)
    }
    const before = u8.slice(0, PACKETS * BYTES)
    swap(burst as unknown as Parameters<BurstHandler>[0])
    for (let p = 0; p < PACKETS * BYTES; p += BYTES)
      for (let k = 0; k < BYTES; k++) {
        const from = k < 6 ? k + 6 : k < 12 ? k - 6 : k
        if (u8[p + k] !== before[p + from]) wrong++
      }
  }
  t.equal(wrong, 0, `${BURSTS * PACKETS} packets, each byte where it belongs`)
})
