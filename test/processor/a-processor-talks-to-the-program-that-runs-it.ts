import { open, run } from 'rxburst'
import t from 'tap'
import { finish, processor, until } from '../fixtures/plane.js'

// One message before the data plane is there, and four that look like messages of our own.
const talker = `
  import { parentPort } from 'node:worker_threads'
  export default ({ index, onTurn }) => {
    parentPort.on('message', () => {}) // keeps a thread alive that nobody ends
    parentPort.postMessage({ early: index })
    let turns = 0
    onTurn(() => {
      if (++turns !== 3) return
      for (const word of [null, 'hello', { type: 'done' }, { type: 'error' }]) parentPort.postMessage(word)
    })
    return () => {}
  }`

t.test('what a processor posts comes to the program, with its worker', async (t) => {
  const port = await open('loop:a', { queues: [0, 1] })
  const workers = [{ queues: [port.queue(0)] }, { queues: [port.queue(1)] }]
  const plane = await run(processor(t, talker), { workers })
  const heard: unknown[][] = [[], []]
  let others = 0
  const other = () => void others++
  plane.on('message', (message, worker) => heard[worker].push(message)).on('message', other)
  plane.off('message', other)
  await until('everything is heard', () => heard[0].length + heard[1].length >= 10)
  for (const worker of [0, 1])
    t.same(
      heard[worker],
      [{ early: worker }, null, 'hello', { type: 'done' }, { type: 'error' }],
      'in order; the one that came before the listener too',
    )
  t.ok(others <= 2, 'a listener that was taken off hears nothing more')
  t.throws(() => plane.on('mesage' as never, () => {}), {
    code: 'ERR_BAD_ARGUMENT',
    message: /did you mean 'message'/,
  })
  await finish(t, plane)
  await plane.done
  await port.close()
})
