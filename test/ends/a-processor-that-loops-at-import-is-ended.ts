import { open, run } from 'rxburst'
import t from 'tap'
import { bin, start as startChild } from '../fixtures/child.js'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { finish, processor, shared, until } from '../fixtures/plane.js'

// Each says in data[0] that it has begun to loop or wait.
const loops = `
  import { workerData } from 'node:worker_threads'
  workerData.rxburst.data[0] = 1
  for (;;);`
const waits = `
  export default ({ data }) => {
    data[0] = 1
    setInterval(() => {}, 1000)
    return new Promise(() => {})
  }`

t.test('a processor that never gets ready', async (t) => {
  const port = await open('loop:a', { queues: [0, 1] })
  const quiet = processor(t, 'export default () => () => {}')
  for (const [what, source] of Object.entries({ loops, waits })) {
    const file = processor(t, source)
    const workers = (data: Int32Array) => [0, 1].map((q) => ({ queues: [port.queue(q)], data }))
    await t.test(`${what}, until the signal`, (t) =>
      leavesNothing(t, async () => {
        const [data, aborter] = [shared(1), new AbortController()]
        const running = run(file, { workers: workers(data), signal: aborter.signal })
        await until('it has begun', () => Atomics.load(data, 0) === 1)
        aborter.abort(new Error('enough'))
        await t.rejects(running, { message: 'enough' })
      }),
    )
    await t.test(`${what}, until the time is up`, (t) =>
      leavesNothing(t, () =>
        rejectsWith(
          t,
          run(file, { workers: workers(shared(1)), startMs: 200 }),
          'ERR_NOT_READY',
          /200 ms.* 0, 1\./,
        ),
      ),
    )
  }
  for (const startMs of [0, -1, 0.5, '5', Number.NaN, 2 ** 31])
    await rejectsWith(
      t,
      run(quiet, { workers: [{ queues: port.queues }], startMs: startMs as number }),
      'ERR_BAD_OPTION',
      /startMs is a whole number/,
    )
  await finish(t, await run(quiet, { workers: [{ queues: port.queues }], startMs: 2 ** 31 - 1 }))
  await port.close()
})

t.test('on the command line Ctrl-C ends it', async (t) => {
  // console.error() of a worker goes through the main thread when the worker yields, which this one never does.
  const says = processor(t, `import { writeSync } from 'node:fs'; writeSync(2, 'looping\\n'); for (;;);`)
  const child = startChild(t, process.execPath, [bin, 'run', says.pathname, 'loop:a'])
  await child.says('looping')
  child.process.kill('SIGINT')
  const { code, stderr } = await child.ended
  t.equal(code, 0, stderr)
})
