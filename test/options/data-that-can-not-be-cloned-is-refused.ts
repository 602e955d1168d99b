import { open, run } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { processor } from '../fixtures/plane.js'

t.test('data that no thread can be given', async (t) => {
  const port = await open('loop:a', { queues: [0, 1] })
  const file = processor(t, 'export default () => () => {}')
  const { port1, port2 } = new MessageChannel()
  const wrong: [unknown, RegExp][] = [
    [() => 1, /data of worker 1 .*cloned, so it holds no functions and no ports/],
    [{ limit: 5, decide: () => true }, /data of worker 1 .*=> true could not be cloned/],
    [{ port: port1 }, /data of worker 1 /],
    [port1, /data of worker 1 /],
    [Symbol('no'), /data of worker 1 /],
  ]
  for (const [data, words] of wrong) {
    const workers = [{ queues: [port.queue(0)] }, { queues: [port.queue(1)], data }]
    await leavesNothing(t, () => rejectsWith(t, run(file, { workers }), 'ERR_BAD_OPTION', words))
  }
  port1.close()
  port2.close()
  await port.close()
})
