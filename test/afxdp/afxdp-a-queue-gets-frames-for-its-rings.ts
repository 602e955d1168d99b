// A worker's pool is as large as the rings of its queues want: both rings full, and what is in flight.
import { configureArena } from 'rxburst'
import t from 'tap'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { start } from '../fixtures/plane.js'

const skip = inNamespaceOfItsOwn() && process.geteuid?.() === 0 ? false : 'network namespaces take root'
const DROP = 'export default () => () => 0'
const WANTED = [
  [undefined, 6144],
  [64, 2176],
  [4096, 12288],
  [8192, 16000], // more than the arena has: all of it
] as const

if (!skip) configureArena({ frames: 16000 })
for (const [ring, frames] of WANTED)
  t.test(`ring: ${ring}`, { skip }, async (t) => {
    const name = `afxdp:${ENDS[0]}`
    const { plane } = await start(t, DROP, {
      open: [[name, { takeAll: true, queues: [0], steering: 'external', ring }]],
    })
    const { ok, workers } = await plane.audit()
    t.ok(ok)
    t.equal(workers[0].frames, frames)
    await plane.stop()
  })
