// /healthz says 200 while every worker polls and every port is up, and 503 otherwise.

import { spawnSync } from 'node:child_process'
import { MetricsServer } from 'rxburst/metrics'
import t from 'tap'
import { ask, samplesOf, sumOf } from '../fixtures/metrics/read.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { shared, start, until } from '../fixtures/plane.js'

const inside = inNamespaceOfItsOwn()
if (inside) spawnSync('ip', ['link', 'set', 'lo', 'up'])

// A handler that does not return while cell 0 says so.
const STUCK = `
  import { DROP } from 'rxburst'
  export default ({ alloc, onTurn, data }) => {
    onTurn(() => {
      while (Atomics.load(data, 0) === 1) Atomics.store(data, 1, 1)
      Atomics.store(data, 1, 0)
    })
    return (burst) => burst.setAll(DROP)
  }`

const serve = async (t: Tap) => {
  const server = await MetricsServer.open('0')
  t.teardown(() => server.close())
  const port = Number(server.address.split(':').at(-1))
  const health = async () => {
    const { status, text } = await ask({ port, host: '127.0.0.1' }, '/healthz')
    return { status, ...JSON.parse(text) }
  }
  return { server, port, health }
}
type Tap = typeof t

t.test('workers', async (t) => {
  const { server, port, health } = await serve(t as Tap)
  t.match(await health(), { status: 503, ok: false }, 'no data plane yet')
  const early = samplesOf((await ask({ port, host: '127.0.0.1' }, '/metrics')).text)
  t.same(early, [{ name: 'rxburst_up', labels: {}, value: 0 }])
  const cells = shared(2)
  const { plane } = await start(t, STUCK, { data: cells })
  server.serve(plane)
  t.same(await health(), {
    status: 200,
    ok: true,
    workers: [{ worker: 0, polls: true }],
    ports: [{ port: 'loop:a', up: true }],
  })
  Atomics.store(cells, 0, 1)
  await until('the handler does not return', () => Atomics.load(cells, 1) === 1)
  t.match(await health(), { status: 503, ok: false, workers: [{ polls: false }], ports: [{ up: true }] })
  Atomics.store(cells, 0, 0)
  await until('it does again', () => Atomics.load(cells, 1) === 0)
  t.match(await health(), { status: 200, workers: [{ polls: true }] })
  await plane.stop()
  t.match(await health(), { status: 503, workers: [{ polls: false }] }, 'it has ended')
})

t.test('ports', { skip: inside ? false : 'no namespace can be had' }, async (t) => {
  const { server, port, health } = await serve(t as Tap)
  const { plane } = await start(t, STUCK, {
    data: shared(2),
    open: [[`packet:${ENDS[0]}`, { takeAll: true, queues: [0] }]],
    onLost: 'wait',
  })
  server.serve(plane)
  const name = `packet:${ENDS[0]}`
  t.match(await health(), { status: 200, ports: [{ port: name, up: true }] })
  const ip = (...words: string[]) => t.equal(spawnSync('ip', words).status, 0)
  ip('link', 'set', ENDS[1], 'down')
  t.match(await health(), { status: 503, ports: [{ port: name, up: false }] }, 'no link')
  t.equal(sumOf(samplesOf((await ask({ port, host: '127.0.0.1' }, '/metrics')).text), 'rxburst_port_up'), 0)
  ip('link', 'set', ENDS[1], 'up')
  await until('there is a link', async () => (await health()).status === 200)
  ip('link', 'del', ENDS[0])
  await until('the port is lost', async () => (await health()).status === 503)
})
