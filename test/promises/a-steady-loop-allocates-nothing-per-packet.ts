import { setFlagsFromString } from 'node:v8'
import t, { type Test } from 'tap'
import { finish, start, until } from '../fixtures/plane.js'

// No collection may run between the marks, or it would hide what was allocated: a young generation of 64 MB sees to
// that, while a single 24-byte object per packet would be 960 MB.
setFlagsFromString('--expose-gc')
setFlagsFromString('--semi-space-growth-factor=1')
setFlagsFromString('--min-semi-space-size=64')
setFlagsFromString('--max-semi-space-size=64')

// So many that what is allocated once, as when V8 compiles late on a busy machine, is little for each.
const PACKETS = 40_000_000
const WARM = 4_000_000

// The loop lets the worker's timers and messages in a hundred times a second, and that allocates, however few packets
// there were.
const BYTES_A_SECOND = 300_000

/** Bytes that the heap grew by for each packet, without what the time costs. */
const grown = async (t: Test, kind: string, count: number): Promise<number> => {
  const cells = new Float64Array(new SharedArrayBuffer(64))
  const { plane } = await start(t, new URL('../fixtures/traffic/heap.mjs', import.meta.url), {
    data: { kind, cells, from: WARM, to: WARM + count + 256 },
    burst: 256,
  })
  await until('all went round', () => cells[5] === 2)
  await finish(t, plane)
  const packets = cells[4] - cells[2]
  const bytes = cells[3] - cells[1]
  t.ok(packets >= count)
  const seconds = (cells[7] - cells[6]) / 1e3
  t.comment(
    `${kind}: ${packets} packets in ${seconds.toFixed(2)} s, ${bytes} bytes of heap: ${(bytes / packets).toFixed(4)} a packet`,
  )
  t.ok(bytes > 0, 'no collection came in between')
  return (bytes - seconds * BYTES_A_SECOND) / packets
}

for (const kind of ['burst', 'packet', 'keep', 'counter', 'flow'])
  t.test(`${kind}: ${PACKETS} packets`, async (t) => {
    t.ok(
      (await grown(t, kind, PACKETS)) < 0.02,
      'the heap grew by less than a fiftieth of a byte per packet, beside what the time costs',
    )
  })

t.test('an object per packet would be seen', async (t) => {
  t.ok((await grown(t, 'wasteful', 1_000_000)) > 10)
})
