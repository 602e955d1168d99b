// Packets that a program makes come back by the loop port that they were sent to, whole and in order.
import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'
import { CELLS, numbered } from '../fixtures/traffic/numbered.js'

const PACKETS = 4000

t.test('a loop port gives back every packet in order', async (t) => {
  const data = shared(CELLS)
  const { plane } = await start(t, numbered(PACKETS, 0), { data })
  await until('every packet is back', () => data[1] === PACKETS)
  const stats = await finish(t, plane)
  t.equal(data[2], 0, 'each is the one that was sent, byte for byte')
  t.equal(stats.fresh.packets, PACKETS)
  t.equal(stats.tx.packets, PACKETS)
  t.equal(stats.rx.packets, PACKETS)
  t.equal(stats.dropped.packets, PACKETS)
  t.equal(stats.rejected.packets, 0)
  t.equal(stats.kept, 0)
  t.equal(stats.rx.bytes, stats.tx.bytes)
})
