import { configureArena, open, type Port, run } from 'rxburst'
import t from 'tap'
import { noLab, testLab } from '../fixtures/lab.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { finish, processor, shared } from '../fixtures/plane.js'
import { ping, udp } from '../fixtures/traffic/hosts.js'

configureArena({ frames: 65536 })

// data[4 * worker + queue]: packets
const forward = `
  import { tx } from 'rxburst'
  export default ({ data, index }) => (burst) => {
    data[4 * index + burst.queue] += burst.count
    burst.setAll(tx(burst.port ^ 1))
  }`
const FLOWS = 16
const DATAGRAMS = 1600

t.test('two queues', { skip: noLab }, async (t) => {
  const lab = testLab(t, { queues: 2 })
  const ports: Port[] = []
  for (const { near } of lab.hosts) ports.push(await open(`afxdp:${near}`, { takeAll: true }))
  t.same(
    ports.map((port) => port.queues.map(({ index }) => index)),
    [
      [0, 1],
      [0, 1],
    ],
  )
  const file = processor(t, forward)
  for (const count of [1, 2])
    await t.test(`${count} worker${count > 1 ? 's' : ''}`, async (t) => {
      const data = shared(8)
      const workers = Array.from({ length: count }, (_, w) => ({
        queues: ports.flatMap((port) => port.queues.filter(({ index }) => index % count === w)),
        data,
      }))
      await leavesNothing(t, async () => {
        const plane = await run(file, { workers, ports })
        t.equal(await ping(t, lab, 3), 3)
        t.same(await udp(t, lab, DATAGRAMS, FLOWS), { count: DATAGRAMS, disordered: 0, damaged: 0 })
        const stats = await finish(t, plane)
        t.equal(stats.tx.packets, stats.rx.packets)
        t.equal((await plane.audit()).workers.length, count)
      })
      const byQueue = [data[0] + data[4], data[1] + data[5]]
      t.ok(byQueue[0] > 0 && byQueue[1] > 0, `both queues had traffic: ${byQueue}`)
      if (count === 2) t.same([data[1], data[4]], [0, 0], 'each worker saw its own queue only')
    })
  for (const port of ports) await port.close()
})
