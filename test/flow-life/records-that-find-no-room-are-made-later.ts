// More flows end at once than the ring of ended flows has room for: their records wait, each with its counts, and none
// is lost.
import t from 'tap'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 40_000 // the ring has 16384
const module = (name: string) => new URL(`../../dist/lib/${name}.js`, import.meta.url).href

t.test('removed all at once', async (t) => {
  const cells = shared(5)
  const { plane } = await start(
    t,
    processor(
      t,
      `import { native } from '${module('native')}'
       import { writeKey } from '${module('flows/key')}'
       ${flowing(`
         const { cells, flows } = context.data
         const table = context.flows.shape('5tuple', { idleMs: 0 })
         const drop = context.flows.action(DROP)
         const seen = new Set()
         table.onEnded((ended) => {
           for (let i = 0; i < ended.count; i++) {
             cells[0]++
             if (ended.reason(i) !== 'removed' || ended.packets[i] !== 1 || ended.bytes[i] !== 64) cells[1]++
             seen.add(ended.key(i).sourcePort)
           }
           cells[2] = seen.size
         })
         sender({ packets: flows, flows, each: 32 })
         const keyOf = (sourcePort) => writeKey('5tuple', false, {
           source: '198.18.0.1', destination: '198.18.0.2', sourcePort, destinationPort: 9, protocol: 17, port: 1,
         })
         let done = false
         context.onTurn(() => {
           if (done || table.stats.entries < flows) return
           done = true
           // In one turn, so that nobody takes a record meanwhile.
           for (let i = 0; i < flows; i++)
             if (native.workers.flows.removeKey({ table: 0, ...keyOf(1000 + i) })) cells[3]++
           cells[4] = table.stats.stopped
         })
         return perPacket((packet) => table.add(packet, drop))
       `)}`,
    ),
    { open: WIRE, data: { cells, flows: FLOWS } },
  )
  await whileRunning(plane, 'each has its record', () => cells[0] >= FLOWS)
  await finish(t, plane)
  t.equal(cells[3], FLOWS, 'all were there')
  t.equal(cells[4], FLOWS - 16_384, 'those that found no room were counted')
  t.equal(cells[0], FLOWS, 'one record each')
  t.equal(cells[2], FLOWS)
  t.equal(cells[1], 0, 'with its reason and counts')
})
