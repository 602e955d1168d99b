import { configureArena, open } from 'rxburst'
import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

configureArena({ frames: 65536 })
const PACKETS = 3000

// Forwards between the two ports on its own queue; data[8 + worker] has the queues it saw, as bits.
const forward = `
  import { tx } from 'rxburst'
  export default ({ data, index }) => (burst) => {
    data[index] |= 1 << burst.queue
    data[4 + index] += burst.count
    burst.setAll(tx(burst.port ^ 1))
  }`

t.test('two workers, two queues of two ports each', async (t) => {
  const queues = [0, 1]
  const [left, right] = [
    await open('loop:left,peer=west', { queues }),
    await open('loop:right,peer=east', { queues }),
  ]
  const data = shared(8)
  const workers = queues.map((q) => ({ queues: [left.queue(q), right.queue(q)], data }))
  const { plane } = await start(t, forward, { open: [], workers, ports: [left, right] })
  t.teardown(async () => {
    await plane.stop()
    await left.close()
    await right.close()
  })

  const [west, east] = [
    await open('loop:west,peer=left', { queues }),
    await open('loop:east,peer=right', { queues }),
  ]
  const seen = queues.map(() => shared(3))
  const tester = await start(t, new URL('../fixtures/traffic/tester.mjs', import.meta.url), {
    open: [],
    workers: queues.map((q) => ({
      queues: [west.queue(q), east.queue(q)],
      data: { packets: PACKETS, seen: seen[q] },
    })),
    ports: [west, east],
  })
  await until('all are through', () => seen.every((s) => s[1] === PACKETS))
  const stats = await finish(t, plane)
  await finish(t, tester.plane)
  t.same([...data.subarray(0, 2)], [1, 2], 'each worker saw its own queue only')
  t.same([...data.subarray(4, 6)], [PACKETS, PACKETS])
  t.same(
    [seen[0][2], seen[1][2]],
    [0, 0],
    'tx(port) left on the queue of the same number, so the flows are in order',
  )
  t.equal(stats.tx.packets, 2 * PACKETS)
  t.equal((await plane.audit()).workers.length, 2)
  await west.close()
  await east.close()
})
