import { open, run } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { processor, sumsHold } from '../fixtures/plane.js'

const dying = (word: string) => `
  import { parentPort } from 'node:worker_threads'
  export default ({ onTurn }) => {
    let turns = 0
    onTurn(() => {
      if (++turns === 3) parentPort.postMessage(${word})
      if (turns === 1000) process.exit(3)
    })
    return () => {}
  }`

t.test('a worker that died is told, whatever it has said', async (t) => {
  const port = await open('loop:a')
  const workers = [{ queues: port.queues }]
  for (const word of ['"hello"', 'null', '{ type: "done" }', '{ type: "ready" }'])
    await leavesNothing(t, async () => {
      const plane = await run(processor(t, dying(word)), { workers })
      await rejectsWith(t, plane.done, 'ERR_WORKER_DIED', /worker 0 ended by itself \(exit code 3\)/)
      sumsHold(t, plane.snapshot())
    })
  await leavesNothing(t, () => {
    const silent = `import { parentPort } from 'node:worker_threads'
      parentPort.postMessage({ type: 'ready' })
      process.exit(4)`
    return rejectsWith(t, run(processor(t, silent), { workers }), 'ERR_WORKER_DIED', /exit code 4/)
  })
  const closing = `import { parentPort } from 'node:worker_threads'
    export default () => { parentPort.close(); return () => { throw new RangeError('never') } }`
  const plane = await run(processor(t, closing), { workers })
  await plane.stop()
  await plane.done
  t.pass('a processor that closes its parentPort is stopped like any')
  await port.close()
})
