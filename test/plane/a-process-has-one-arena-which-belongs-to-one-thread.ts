// open() in a second thread is refused, and when the thread that had the arena ends, another may have one.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { open, run } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { finish, processor, shared, start, until } from '../fixtures/plane.js'

// Bursts that it has seen go to data[0].
const carousel = `
  import { tx } from 'rxburst'
  export default ({ alloc, onTurn, data }) => {
    let sent = 0
    onTurn(() => { for (; sent < 64; sent++) alloc(100).send(0) })
    return (burst) => {
      data[0]++
      burst.setAll(tx(0))
    }
  }`

const opens = `
  import { parentPort } from 'node:worker_threads'
  import { configureArena, open } from 'rxburst'
  configureArena({ frames: 1024 })
  for (const name of ['loop:b', 'loop:a', 'loop:c'])
    parentPort.postMessage(await open(name).then(() => 'it opened', (error) => [error.name, error.code, error.message]))`

// Opens a port and runs on it, until it is ended in the middle of that, or by itself when told to.
const owns = (file: URL) => `
  import { parentPort, workerData } from 'node:worker_threads'
  import { open, run } from 'rxburst'
  const port = await open('loop:a')
  const plane = await run(new URL('${file}'), { workers: [{ queues: port.queues, data: workerData }] })
  parentPort.once('message', () => process.exit())
  parentPort.postMessage('ready')`

const threadOf = (file: URL, workerData?: unknown) => new Worker(fileURLToPath(file), { workerData })

t.test('one thread has the arena, and leaves it when it ends', async (t) => {
  const script = processor(t, owns(processor(t, carousel)))
  for (let round = 0; round < 3; round++) {
    const data = shared(1)
    const thread = threadOf(script, data)
    t.equal((await once(thread, 'message'))[0], 'ready')
    await rejectsWith(t, open('loop:b'), 'ERR_ARENA_EXISTS', /thread that opened the first port/)
    await until('packets flow', () => data[0] > 100)
    if (round === 1) thread.postMessage('end')
    else await thread.terminate()
    if (round === 1) await once(thread, 'exit')
  }
})

t.test('a second thread is refused', async (t) => {
  const data = shared(1)
  const { plane, opened } = await start(t, carousel, { data })
  const script = processor(t, opens)
  for (let round = 0; round < 3; round++) {
    const answers: unknown[] = []
    const thread = threadOf(script).on('message', (answer) => answers.push(answer))
    await once(thread, 'exit')
    t.equal(answers.length, 3)
    for (const answer of answers)
      t.match(answer, ['RxburstError', 'ERR_ARENA_EXISTS', /call open\(\) and run\(\) in that thread/])
  }
  const seen = data[0]
  await until('packets go on to flow', () => data[0] > seen + 100)
  t.equal(opened[0].capabilities.mode, 'copy', 'the port can still be read')
  await finish(t, plane)
})

t.test('a processor is refused too', async (t) => {
  const port = await open('loop:c')
  const file = processor(
    t,
    `import { open } from 'rxburst'; export default async () => { await open('loop:d') }`,
  )
  await rejectsWith(
    t,
    run(file, { workers: [{ queues: port.queues }] }),
    'ERR_ARENA_EXISTS',
    /a processor is given its ports by run\(\)/,
  )
  await port.close()
})

t.test('any thread may load rxburst while ports come and go', async (t) => {
  const script = processor(t, `import 'rxburst'`)
  let left = 4
  const loaders = Promise.all(
    Array.from({ length: left }, async () => {
      await once(threadOf(script), 'exit')
      left--
    }),
  )
  let rounds = 0
  for (; left > 0 || rounds < 10; rounds++) {
    const port = await open('loop:e')
    await port.close()
    await new Promise(setImmediate)
  }
  await loaders
  t.pass('none of them disturbed another')
})
