// Counters of a processor's own stand in the statistics, by worker and added up.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Context, configureArena, DROP, open, perPacket } from 'rxburst'
import { tester } from 'rxburst/testing'
import t from 'tap'
import { bin, rxburst, start as startProgram } from '../fixtures/child.js'
import { controlFolder } from '../fixtures/control.js'
import { finish, processor, start, until } from '../fixtures/plane.js'

configureArena({ frames: 65536 })

// Counts what it drops, and what it sends in sum.
const counting = `
  import { DROP, perPacket, tx } from 'rxburst'
  export default ({ alloc, onTurn, counter, index, queues }) => {
    const dropped = counter('dropped_by_me')
    const bytes = counter('bytes')
    let sent = 0
    onTurn(() => {
      for (; sent < 100; sent++) alloc(64 + index).send(queues[0].port)
      if (sent === 100) counter('late').add(1), sent++
    })
    return perPacket((packet) => {
      dropped.add()
      bytes.add(packet.length)
      return DROP
    })
  }`

t.test('counters of two workers', async (t) => {
  const port = await open('loop:a', { queues: [0, 1] })
  t.teardown(() => port.close())
  const workers = port.queues.map((queue) => ({ queues: [queue] }))
  const { plane } = await start(t, counting, { open: [], workers, ports: [port] })
  t.same(
    Object.keys(plane.snapshot().counters).slice(0, 2),
    ['dropped_by_me', 'bytes'],
    'there from the beginning',
  )
  await until('all are dropped', () => plane.snapshot().counters.dropped_by_me === 200)
  await until('one is made later', () => plane.snapshot().counters.late === 2)
  const stats = await finish(t, plane)
  t.same(stats.counters, { dropped_by_me: 200, bytes: 100 * 64 + 100 * 65, late: 2 })
  t.same(
    stats.workers.map(({ counters }) => counters),
    [
      { dropped_by_me: 100, bytes: 6400, late: 1 },
      { dropped_by_me: 100, bytes: 6500, late: 1 },
    ],
  )
  t.equal(stats.counters.dropped_by_me, stats.dropped.packets)
  await sleep(5)
  t.same(plane.snapshot().counters, stats.counters, 'they stay when the data plane has ended')
})

t.test('on the command line', async (t) => {
  controlFolder(t)
  const file = processor(t, counting).pathname
  const program = startProgram(t, process.execPath, [bin, 'run', file, 'loop:a', '--name', 'fw', '--json'])
  await program.says('ready')
  const of = async (...words: string[]) => (await rxburst(t, 'ps', 'fw', ...words)).stdout
  await until(
    'all are dropped',
    async () => JSON.parse(await of('--json')).planes[0].counters.dropped_by_me === 100,
  )
  t.match(await of(), /\nfw: dropped_by_me 100, bytes 6400, late 1\n$/)
  program.process.kill('SIGINT')
  const { stdout } = await program.ended
  t.match(JSON.parse(stdout), {
    counters: { dropped_by_me: 100, bytes: 6400 },
    by_worker: [{ worker: 0, rx: 100, fresh: 100, counters: { dropped_by_me: 100 } }],
    by_queue: [{ port: 'loop:a', queue: 0, worker: 0, rx: 100, dropped: 100, tx: 100, rx_bytes: 6400 }],
    by_port: [{ port: 'loop:a', rx: 100, tx: 100, xstats: {} }],
  })
  const text = await rxburst(t, 'run', file, 'loop:b', '--duration', '0.2')
  t.match(text.stdout, /counter: dropped_by_me +100 /)
})

t.test('in a unit test', async (t) => {
  const tried = tester(({ counter }: Context) => {
    const seen = counter('seen')
    t.equal(counter('seen'), seen, 'a name again is the same counter')
    t.equal(seen.name, 'seen')
    return perPacket(() => {
      seen.add(2)
      return DROP
    })
  })
  tried.receive([new Uint8Array(60), new Uint8Array(60)])
  t.same(tried.counters, { seen: 4 })
})

t.test('wrong ones', async (t) => {
  tester(({ counter }: Context) => {
    for (const name of ['', 'a b', '1a', 'a-b', 'x'.repeat(65), 5])
      t.throws(() => counter(name as string), { code: 'ERR_BAD_ARGUMENT' }, `'${name}'`)
    for (let i = 0; i < 64; i++) counter(`c${i}`)
    t.throws(() => counter('one_more'), { code: 'ERR_LIMIT' })
    t.equal(counter('c0').value, 0, 'those that are there stay')
    return perPacket(() => DROP)
  })
})
