import t from 'tap'
import { dpdkTest } from '../fixtures/dpdk.js'
import { finish, shared, start, until } from '../fixtures/plane.js'
import { CELLS, numbered } from '../fixtures/traffic/numbered.js'

const PACKETS = 6000

for (const memory of ['split', 'external', 'own'])
  dpdkTest(t, `net_ring, ${memory} memory, twice in a row`, async (t) => {
    for (const round of [1, 2]) {
      const data = shared(CELLS)
      const { plane, opened } = await start(t, numbered(PACKETS, 0), {
        open: [['dpdk:net_ring0', { memory }]],
        data,
      })
      await until(`every packet is back in round ${round}`, () => data[1] === PACKETS)
      const stats = await finish(t, plane)
      t.equal(data[2], 0, 'each is the one that was sent, byte for byte')
      t.equal(stats.tx.packets, PACKETS)
      t.equal(stats.rx.packets, PACKETS)
      t.equal(stats.copied, memory === 'own' ? 2 * PACKETS : 0)
      await opened[0].close()
    }
  })

dpdkTest(t, 'two rings wired to each other in one worker', async (t) => {
  const data = shared(CELLS)
  const { plane } = await start(t, numbered(PACKETS, 1), {
    open: ['dpdk:net_ring0,peer=net_ring1', 'dpdk:net_ring1,peer=net_ring0'],
    data,
  })
  await until('every packet has come over', () => data[1] === PACKETS)
  const stats = await finish(t, plane)
  t.equal(data[2], 0)
  t.equal(stats.rx.packets, PACKETS)
  t.equal(stats.copied, 0, 'a worker that owns both ends copies nothing')
})
