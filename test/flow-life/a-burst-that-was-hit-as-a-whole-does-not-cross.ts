// While every packet has a flow, up to eight turns pass natively before one comes to the program.
import t from 'tap'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const BATCHES = 200
const BURST = 8
const BATCH = 8 * BURST

t.test('rounds', async (t) => {
  const cells = shared(3)
  // A batch takes eight bursts to be received. The next one is sent when all of it was hit.
  const { plane } = await start(
    t,
    flowing(`
      const { cells, batches, batch } = context.data
      const table = context.flows.shape('src+dst', { idleMs: 0 })
      const drop = context.flows.action(DROP)
      const state = sender({ packets: 1, flows: 1, each: batch })
      let sent = 0
      context.onTurn(() => {
        const { hits } = table.stats
        if (state.sent === 0 || table.stats.entries === 0) return
        if (hits === sent) {
          if (cells[0] === batches) {
            cells[2] = 1
            return
          }
          cells[0]++
          sent += batch
          state.packets += batch
        } else cells[1]++
      })
      return perPacket((packet) => table.add(packet, drop))
    `),
    { open: WIRE, burst: BURST, data: { cells, batches: BATCHES, batch: BATCH } },
  )
  await whileRunning(plane, 'all batches are through', () => cells[2] === 1)
  const stats = await finish(t, plane)
  t.equal(stats.hits.packets, BATCHES * BATCH)
  t.equal(stats.shown.packets, 1)
  t.ok(
    cells[1] < 4 * BATCHES,
    `${cells[1]} turns came to the program until ${BATCHES} batches of 8 bursts were through`,
  )
})
