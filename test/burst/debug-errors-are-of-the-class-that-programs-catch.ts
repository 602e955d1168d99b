import { open, RxburstError, run } from 'rxburst'
import t from 'tap'
import { processor } from '../fixtures/plane.js'

// Uses a packet after its time: in a turn, in a timer, and in a promise.
const late = (use: string) => `
  import { RxburstError } from 'rxburst'
  export default ({ alloc, onTurn }) => {
    let stale, sent = 0
    onTurn(() => { for (; sent < 4; sent++) alloc(100).send(0) })
    return (burst) => {
      if (stale) return
      stale = burst.at(0)
      ${use}
    }
  }`

t.test('an error of debug mode is an RxburstError, wherever it was thrown', async (t) => {
  const port = await open('loop:a')
  const uses = [
    'onTurn(() => stale.u8(0))',
    'setTimeout(() => stale.u8(0), 1)',
    'Promise.resolve().then(() => setTimeout(() => stale.u8(0), 1))',
    'setTimeout(async () => stale.u8(0), 1)',
  ]
  for (const use of uses) {
    const plane = await run(processor(t, late(use)), { workers: [{ queues: port.queues }], debug: true })
    const error = await plane.done.catch((reason: unknown) => reason)
    t.ok(error instanceof RxburstError, `${use}: ${error}`)
    t.match(error, { code: 'ERR_USE_AFTER_RETURN', message: /this packet was used after/ })
  }
  const caught = `setTimeout(() => {
    try { stale.u8(0) } catch (error) { throw new Error('of the class: ' + (error instanceof RxburstError)) }
  }, 1)`
  const plane = await run(processor(t, late(caught)), { workers: [{ queues: port.queues }], debug: true })
  await t.rejects(plane.done, { message: /of the class: true/ }, 'in the processor too')
  await port.close()
})
