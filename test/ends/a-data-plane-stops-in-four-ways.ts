import { open, run } from 'rxburst'
import t from 'tap'
import { leavesNothing } from '../fixtures/leftovers.js'
import { processor, shared, sumsHold, until } from '../fixtures/plane.js'

// Notes in data[0] that packets flow, in data[1] that its signal was aborted.
const carousel = `
  import { tx } from 'rxburst'
  export default ({ alloc, onTurn, data, signal }) => {
    let sent = 0
    onTurn(() => { for (; sent < 64; sent++) alloc(100).send(0) })
    signal.addEventListener('abort', () => { data[1] = 1 })
    return (burst) => {
      data[0] += burst.count
      burst.setAll(tx(0))
    }
  }`

t.test('a data plane stops', async (t) => {
  const port = await open('loop:a')
  const file = processor(t, carousel)
  const [a, b] = [new AbortController(), new AbortController()]
  const ways: Record<string, [object, (plane: Awaited<ReturnType<typeof run>>) => unknown]> = {
    'by stop()': [{}, (plane) => plane.stop()],
    'by an AbortSignal': [{ signal: a.signal }, () => a.abort()],
    'by leaving `await using`': [{}, (plane) => plane[Symbol.asyncDispose]()],
    'by SIGTERM, when asked to listen': [{ handleSignals: true }, () => process.kill(process.pid, 'SIGTERM')],
  }
  for (const [how, [options, act]] of Object.entries(ways))
    await t.test(how, (t) =>
      leavesNothing(t, async () => {
        const data = shared(2)
        const listeners = process.listenerCount('SIGTERM')
        const plane = await run(file, { workers: [{ queues: port.queues, data }], ...options })
        await until('packets flow', () => data[0] > 1000)
        await act(plane)
        await plane.done
        t.equal(data[1], 1, 'the processor was told')
        t.ok((await plane.audit()).ok)
        sumsHold(t, plane.snapshot())
        t.equal(plane.snapshot().burst, 0)
        t.equal(process.listenerCount('SIGTERM'), listeners, 'no listener stays')
      }),
    )
  b.abort(new Error('too early'))
  await leavesNothing(t, () =>
    t.rejects(run(file, { workers: [{ queues: port.queues }], signal: b.signal }), { message: 'too early' }),
  )
  const c = new AbortController()
  const starting = run(file, { workers: [{ queues: port.queues, data: shared(2) }], signal: c.signal })
  c.abort()
  await (await starting).done
  t.pass('an abort while it starts is not forgotten')
  await port.close()
})

t.test('a handler that never returns is ended', async (t) => {
  const port = await open('loop:b')
  const stuck = processor(
    t,
    `export default ({ alloc, onTurn, data }) => {
       onTurn(() => { data[0]++ || alloc().send(0) })
       return () => { for (data[1] = 1; ;); }
     }`,
  )
  await leavesNothing(t, async () => {
    const data = shared(2)
    const plane = await run(stuck, { workers: [{ queues: port.queues, data }] })
    await until('it is stuck', () => data[1] === 1)
    await plane.stop()
    await t.rejects(plane.done, { code: 'ERR_WORKER_DIED', message: /did not stop within 2 seconds/ })
    t.ok((await plane.audit()).ok, 'and its packet is counted')
    sumsHold(t, plane.snapshot())
  })
  await port.close()
})
