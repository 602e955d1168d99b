import { open, run } from 'rxburst'
import t from 'tap'
import { dpdkTest } from '../fixtures/dpdk.js'
import { rejectsWith } from '../fixtures/errors.js'
import { finish, processor, until } from '../fixtures/plane.js'

const drop = `
  import { DROP } from 'rxburst'
  export default () => (burst) => burst.setAll(DROP)`

dpdkTest(t, 'each worker reads its queue, and RSS names the queues that are read', async (t) => {
  const port = await open('dpdk:net_null0', { queues: [0, 1, 2], rss: 'ip,udp' })
  t.teardown(() => port.close())
  t.equal(port.capabilities.queueCount >= 3, true)
  const url = processor(t, drop)
  const plane = await run(url, {
    workers: [{ queues: [port.queue(0)] }, { queues: [port.queue(2)] }],
  })
  const seen = (queue: number) => port.details()?.xstats[`rx_q${queue}_packets`] ?? 0
  await until('both have received', () => seen(0) > 0 && seen(2) > 0)
  const rss = port.details()?.rss
  t.same(new Set(rss?.table), new Set([0, 2]), 'no packet goes to queue 1, which nobody reads')
  t.match(rss?.fields, /ip/)
  t.equal(port.details()?.xstats.rx_q1_packets, 0)

  await rejectsWith(
    t,
    run(url, { workers: [{ queues: [port.queue(1)] }] }),
    'ERR_PORT_BUSY',
    /give them all to one run/,
  )
  await finish(t, plane)

  const again = await run(url, { workers: [{ queues: [port.queue(1)] }] })
  await until('queue 1 has received', () => again.snapshot().rx.packets > 1000)
  t.same(new Set(port.details()?.rss?.table), new Set([1]))
  await finish(t, again)
})

dpdkTest(t, "the user's RSS table is what the device has", async (t) => {
  const port = await open('dpdk:net_null0', { queues: [0, 1], rssTable: '0,1,1' })
  t.teardown(() => port.close())
  const plane = await run(processor(t, drop), { workers: [{ queues: port.queues }] })
  t.same(port.details()?.rss?.table.slice(0, 7), [0, 1, 1, 0, 1, 1, 0])
  await finish(t, plane)
})
