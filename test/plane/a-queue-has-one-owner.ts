import { open, run } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { finish, processor } from '../fixtures/plane.js'

t.test('a queue has one owner', async (t) => {
  const port = await open('loop:a', { queues: [0, 1] })
  const file = processor(t, 'export default () => () => {}')
  const twice = [port.queue(0), port.queue(0)]
  await leavesNothing(t, async () => {
    const plane = await run(file, { workers: [{ queues: [port.queue(0)] }] })
    await leavesNothing(t, async () => {
      await rejectsWith(
        t,
        run(file, { workers: [{ queues: port.queues }] }),
        'ERR_QUEUE_TAKEN',
        /queue 0 of loop:a/,
      )
      await rejectsWith(t, port.close(), 'ERR_PORT_BUSY', /loop:a/)
    })
    const other = await run(file, { workers: [{ queues: [port.queue(1)] }] })
    await finish(t, other)
    await finish(t, plane)
    await rejectsWith(t, run(file, { workers: [{ queues: twice }] }), 'ERR_QUEUE_TAKEN', /listed twice/)
    const workers = [{ queues: [port.queue(0)] }, { queues: [port.queue(0)] }]
    await rejectsWith(t, run(file, { workers }), 'ERR_QUEUE_TAKEN', /another worker/)
    const third = await run(file, { workers: [{ queues: port.queues }] })
    await finish(t, third)
  })
  t.throws(() => port.queue(2), { code: 'ERR_NO_QUEUE', message: /queues 0, 1, not with 2/ })
  await port.close()
})
