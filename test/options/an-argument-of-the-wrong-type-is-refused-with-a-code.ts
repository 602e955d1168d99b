import { open, Queue, RxburstError, run } from 'rxburst'
import t from 'tap'
import { leavesNothing } from '../fixtures/leftovers.js'
import { processor } from '../fixtures/plane.js'

// biome-ignore lint/suspicious/noExplicitAny: wrong types are the test
type Any = any

const odd: unknown[] = [null, 1, 'x', {}, [], [null], [{}], Symbol('s'), () => {}, Number.NaN, -1, 2 ** 40]

t.test('every argument of the public API', async (t) => {
  const port = await open('loop:a', { queues: [0, 1] })
  const quiet = processor(t, 'export default () => () => {}')
  const good = { workers: [{ queues: [port.queue(0)] }] }
  const plane = await run(quiet, { workers: [{ queues: [port.queue(1)] }] })
  const wrong = (...right: unknown[]) => odd.filter((value) => !right.includes(value))
  const [empty, emptyList] = [odd[3], odd[4]]
  const calls: [string, (value: Any) => unknown, unknown[]][] = [
    ['open(name)', (v) => open(v), wrong()],
    ['open(…, options)', (v) => open('loop:b', v), wrong(empty, emptyList)],
    ['open({ takeAll })', (v) => open('loop:b', { takeAll: v }), wrong()],
    ['open({ steer })', (v) => open('loop:b', { steer: v }), wrong(emptyList)],
    ['open({ queues })', (v) => open('loop:b', { queues: v }), wrong()],
    ['run(processor)', (v) => run(v, good), wrong()],
    ['run(…, options)', (v) => run(quiet, v), wrong()],
    ['run({ workers })', (v) => run(quiet, { workers: v }), wrong()],
    ['run({ ports })', (v) => run(quiet, { ...good, ports: v }), wrong(null)],
    ['run({ ports: [port, …] })', (v) => run(quiet, { ...good, ports: [port, v] }), wrong()],
    ['run({ columns })', (v) => run(quiet, { ...good, columns: v }), wrong(emptyList)],
    ['run({ columns: […] })', (v) => run(quiet, { ...good, columns: [v] }), wrong()],
    ['run({ burst })', (v) => run(quiet, { ...good, burst: v }), wrong(1)],
    ['run({ idle })', (v) => run(quiet, { ...good, idle: v }), wrong()],
    ['run({ debug })', (v) => run(quiet, { ...good, debug: v }), wrong()],
    ['run({ signal })', (v) => run(quiet, { ...good, signal: v }), wrong(null)],
    ['run({ handleSignals })', (v) => run(quiet, { ...good, handleSignals: v }), wrong()],
    ['a worker', (v) => run(quiet, { workers: [v] }), wrong()],
    ['a worker { queues }', (v) => run(quiet, { workers: [{ queues: v }] }), wrong()],
    ['a worker { cpu }', (v) => run(quiet, { workers: [{ ...good.workers[0], cpu: v }] }), wrong(1)],
    ['a queue made by hand', (v) => run(quiet, { workers: [{ queues: [new Queue(v, 0)] }] }), wrong()],
    ['its number', (v) => run(quiet, { workers: [{ queues: [new Queue(port, v)] }] }), wrong(1)],
    ['port.queue()', async (v) => port.queue(v), wrong(1)],
    ['port.watchLink()', async (v) => port.watchLink(v), wrong()],
    ['steer.set()', (v) => port.steer.set(v), wrong(empty, emptyList)],
    ['steer.set({ steer })', (v) => port.steer.set({ steer: v }), wrong(emptyList)],
    ['steer.set() with a misspelt key', (v) => port.steer.set({ ster: v } as Any), wrong()],
    ['steer.add()', (v) => port.steer.add(v), wrong()],
    ['steer.add(…, options)', (v) => port.steer.add('udp', v), wrong(empty, emptyList)],
    ['steer.remove()', (v) => port.steer.remove(v), wrong()],
    ['steer.replace()', (v) => port.steer.replace(v, 'udp'), wrong()],
    ['plane.stats()', (v) => plane.stats(v).next(), wrong(empty, emptyList)],
    ['plane.stats({ everyMs })', (v) => plane.stats({ everyMs: v }).next(), wrong(1)],
    ['plane.on(event)', async (v) => plane.on(v, () => {}), wrong()],
    [
      'plane.on(…, listener)',
      async (v) => plane.on('message', v),
      odd.filter((v) => typeof v !== 'function'),
    ],
  ]
  await leavesNothing(t, async () => {
    for (const [what, call, values] of calls)
      for (const value of values) {
        const error = await Promise.resolve()
          .then(() => call(value))
          .then(
            () => undefined,
            (reason) => reason,
          )
        const name = `${what} given ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`
        if (error instanceof RxburstError) t.match(error.code, /^ERR_[A-Z_]+$/, name)
        else t.fail(`${name}: ${error ?? 'nothing said'}`)
      }
  })
  t.same(port.steer.rules, [], 'no rule has changed')
  await plane.stop()
  t.ok((await plane.audit()).ok)
  await port.close()
})

t.test('a list is used as it was when it was checked', async (t) => {
  const port = await open('loop:a', { queues: [0, 1] })
  const quiet = processor(t, 'export default () => () => {}')
  let reads = 0
  const worker = {
    get queues() {
      return reads++ === 0 ? [port.queue(0)] : [new Queue(port, 7)]
    },
  }
  const plane = await run(quiet, { workers: [worker] })
  t.equal(reads, 1)
  await plane.stop()
  await plane.done
  await port.close()
})
