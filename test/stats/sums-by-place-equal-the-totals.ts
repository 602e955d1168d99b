// Counts by queue, port and worker add up to the totals, exactly and at any moment, on several backends, with workers
// and queues.
import { configureArena, type DataPlane, open, type Port, type Stats } from 'rxburst'
import t, { type Test } from 'tap'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { finish, start, until } from '../fixtures/plane.js'

const inside = inNamespaceOfItsOwn()
configureArena({ frames: 65536 })

const KEYS = ['rx', 'tx', 'dropped', 'passed', 'rejected'] as const

/** Every verdict there is on a loop, and packets of its own. */
const EVERYTHING = `
  import { DROP, KEEP, tx } from 'rxburst'
  export default ({ alloc, onTurn, ports, queues }) => {
    const kept = []
    let n = 0
    onTurn(() => {
      for (let k = 0; k < 4; k++) alloc(100)?.send(queues[n++ % queues.length].port)
      while (kept.length > 50) n++ % 2 ? kept.shift().send(queues[0].port) : kept.shift().release()
    })
    return (burst) => {
      for (let i = 0; i < burst.count; i++) {
        const packet = burst.at(i)
        const target = tx(queues[n++ % queues.length].port)
        if (!burst.borrowed && n % 3 === 0) kept.push(packet.keep())
        else packet.verdict = n % 3 === 1 ? DROP : target
      }
    }
  }`

function addUp(t: Test, stats: Stats, what: string): void {
  const wrong: unknown[] = []
  for (const [name, parts] of Object.entries({
    places: stats.places,
    ports: stats.ports,
    workers: stats.workers,
  })) {
    for (const key of KEYS) {
      const sum = parts.reduce((all, part) => all + part[key].packets, 0)
      if (sum !== stats[key].packets) wrong.push({ name, key, sum, total: stats[key].packets })
    }
    for (const key of ['rx', 'tx'] as const) {
      const sum = parts.reduce((all, part) => all + part[key].bytes, 0)
      if (sum !== stats[key].bytes) wrong.push({ name, bytes: key, sum, total: stats[key].bytes })
    }
    const sums: Record<string, number> = {}
    for (const { lost } of parts)
      for (const [loss, count] of Object.entries(lost)) sums[loss] = (sums[loss] ?? 0) + count
    for (const loss of Object.keys(stats.lost))
      if (sums[loss] !== stats.lost[loss]) wrong.push({ name, loss, sum: sums[loss] })
    const copied = parts.reduce((all, part) => all + part.copied, 0)
    if (copied !== stats.copied) wrong.push({ name, copied, total: stats.copied })
  }
  const fresh = stats.workers.reduce((all, worker) => all + worker.fresh.packets, 0)
  if (fresh !== stats.fresh.packets) wrong.push({ fresh, total: stats.fresh.packets })
  for (const w of stats.workers) {
    const out = w.tx.packets + w.dropped.packets + w.passed.packets + w.rejected.packets + w.kept + w.burst
    if (w.rx.packets + w.fresh.packets !== out) wrong.push({ worker: w.worker, in: w.rx.packets, out })
  }
  t.same(wrong, [], what)
}

async function addsUp(t: Test, plane: DataPlane, places: number): Promise<Stats> {
  await until('packets move', () => plane.snapshot().rx.packets > 2000)
  for (let look = 0; look < 50; look++) {
    const stats = plane.snapshot()
    if (look % 10 === 0) addUp(t, stats, 'while it runs')
    await new Promise(setImmediate)
  }
  const stats = await finish(t, plane)
  addUp(t, stats, 'at the end')
  t.equal(stats.places.length, places, 'a row for each queue')
  return stats
}

t.test('loop ports, two workers, four queues', async (t) => {
  const ports: Port[] = []
  for (const name of ['loop:a', 'loop:b']) ports.push(await open(name, { queues: [0, 1] }))
  t.teardown(async () => {
    for (const port of ports) await port.close()
  })
  const workers = [0, 1].map((q) => ({ queues: ports.map((port) => port.queue(q)) }))
  const { plane } = await start(t, EVERYTHING, { open: [], workers, ports })
  const stats = await addsUp(t, plane, 4)
  t.same(
    stats.places.map(({ port, queue, worker }) => `${port} ${queue} ${worker}`),
    ['loop:a 0 0', 'loop:b 0 0', 'loop:a 1 1', 'loop:b 1 1'],
  )
  t.same(
    stats.ports.map(({ port }) => port),
    ['loop:a', 'loop:b'],
  )
  t.ok(
    stats.places.every(({ rx, tx }) => rx.packets > 0 && tx.packets > 0),
    'each queue has counts of its own',
  )
})

t.test('a packet that goes from port to port', async (t) => {
  // Ten packets, from one port to the other, which drops them.
  const across = `
    import { DROP, tx } from 'rxburst'
    export default ({ alloc, onTurn }) => {
      let sent = 0
      onTurn(() => { for (; sent < 10; sent++) alloc(60).send(0) })
      return (burst) => burst.setAll(burst.port === 0 ? tx(1) : DROP)
    }`
  const { plane } = await start(t, across, { open: ['loop:c', 'loop:d'] })
  await until('all are dropped', () => plane.snapshot().dropped.packets === 10)
  const stats = await finish(t, plane)
  t.match(stats.ports, [
    { port: 'loop:c', rx: { packets: 10, bytes: 600 }, tx: { packets: 10 }, dropped: { packets: 0 } },
    { port: 'loop:d', rx: { packets: 10 }, tx: { packets: 10, bytes: 600 }, dropped: { packets: 10 } },
  ])
  t.match(stats.workers, [{ worker: 0, fresh: { packets: 10 }, rx: { packets: 20 } }])
})

t.test('a port whose queues nobody owns', async (t) => {
  const used = await open('loop:e')
  const idle = await open('loop:f')
  t.teardown(async () => {
    await used.close()
    await idle.close()
  })
  const { plane } = await start(t, EVERYTHING, {
    open: [],
    workers: [{ queues: used.queues }],
    ports: [idle, used],
  })
  const stats = await addsUp(t, plane, 1)
  t.match(
    stats.ports,
    [{ port: 'loop:f', rx: { packets: 0 } }, { port: 'loop:e' }],
    'has its row, in its place',
  )
})

t.test('AF_XDP and packet sockets', { skip: inside ? false : 'no namespace can be had' }, async (t) => {
  const root = process.geteuid?.() === 0
  for (const backend of root ? ['afxdp', 'packet', 'socket'] : ['packet', 'socket'])
    await t.test(backend, async (t) => {
      const ports = [
        await open(`${backend}:${ENDS[0]}`, { takeAll: true, queues: [0, 1] }),
        await open(`socket:${ENDS[1]}`, { takeAll: true, queues: [0] }),
      ]
      t.teardown(async () => {
        for (const port of ports) await port.close()
      })
      const workers = ports.flatMap((port) => port.queues).map((queue) => ({ queues: [queue] }))
      const { plane } = await start(t, EVERYTHING, { open: [], workers, ports })
      const { lost } = await addsUp(t, plane, 3)
      t.ok(Object.keys(lost).length > 0, `losses are counted: ${Object.keys(lost).join(', ')}`)
    })
})
