import { open, run } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { processor } from '../fixtures/plane.js'

t.test('closed is a state', async (t) => {
  const port = await open('loop:a')
  const queue = port.queue(0)
  const file = processor(t, 'export default () => () => {}')
  const plane = await run(file, { workers: [{ queues: [queue] }] })
  await plane.stop()
  await plane.stop()
  t.ok((await plane.audit()).ok, 'a stopped data plane still has its books')
  t.equal(plane.snapshot().rx.packets, 0)
  for await (const _ of plane.stats()) t.fail('no statistics of a stopped plane')
  await port.close()
  t.ok(port.closed)
  t.throws(() => port.queue(0), { code: 'ERR_CLOSED' })
  await rejectsWith(t, run(file, { workers: [{ queues: [queue] }] }), 'ERR_CLOSED', /loop:a is closed/)
  t.equal(port.capabilities.backend, 'loop', 'what it was can still be read')
  t.equal(port.name, 'loop:a')
})
