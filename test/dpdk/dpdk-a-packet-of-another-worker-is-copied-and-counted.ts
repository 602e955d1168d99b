import { open, run } from 'rxburst'
import t from 'tap'
import { dpdkTest } from '../fixtures/dpdk.js'
import { finish, processor, shared, until } from '../fixtures/plane.js'
import { CELLS, numbered } from '../fixtures/traffic/numbered.js'

const PACKETS = 20_000

// net_ring hands the sender's buffers over by reference; they are of the other worker's pool.
dpdkTest(t, 'two workers at the two ends of a ring', async (t) => {
  const a = await open('dpdk:net_ring0,peer=net_ring1')
  const b = await open('dpdk:net_ring1,peer=net_ring0')
  t.teardown(async () => {
    await a.close()
    await b.close()
  })
  const data = shared(CELLS)
  const both = numbered(PACKETS, 0)
    .replace('({ data,', '({ queues, data,')
    .replace('if (true)', 'if (queues[0].port === 0)')
  for (const round of [1, 2]) {
    data.fill(0)
    const plane = await run(processor(t, both), {
      ports: [a, b],
      workers: [
        { queues: a.queues, data },
        { queues: b.queues, data },
      ],
    })
    await until(`every packet has come over in round ${round}`, () => data[1] === PACKETS)
    const stats = await finish(t, plane)
    t.equal(data[2], 0, 'each is the one that was sent')
    t.equal(stats.tx.packets, PACKETS)
    t.equal(stats.rx.packets, PACKETS)
    t.equal(stats.copied, PACKETS, 'one copy each')
  }
})
