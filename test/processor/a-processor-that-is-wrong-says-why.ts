import { open, run } from 'rxburst'
import t from 'tap'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { finish, processor } from '../fixtures/plane.js'

t.test('a processor that is wrong says why', async (t) => {
  const port = await open('loop:a', { queues: [0, 1] })
  const fails = async (source: string, code: string, words: RegExp) => {
    const workers = [{ queues: [port.queue(0)] }, { queues: [port.queue(1)] }]
    await leavesNothing(t, () => rejectsWith(t, run(processor(t, source), { workers }), code, words))
  }
  await fails('throw new Error("no luck")', 'ERR_PROCESSOR', /can't be loaded: no luck/)
  await fails('this is no JavaScript', 'ERR_PROCESSOR', /can't be loaded/)
  await fails('import "./nowhere.mjs"', 'ERR_PROCESSOR', /nowhere\.mjs/)
  await fails('export const odd = 1', 'ERR_PROCESSOR', /default export/)
  await fails('export default { handler() {} }', 'ERR_PROCESSOR', /default export/)
  await fails('export default () => 7', 'ERR_PROCESSOR', /returned number, not a burst handler/)
  await fails('export default () => { throw new RangeError("bad limit") }', 'ERR_PROCESSOR', /bad limit/)
  await fails(
    'export default async () => { throw new RangeError("bad limit") }',
    'ERR_PROCESSOR',
    /bad limit/,
  )
  await fails('export default () => { throw 7 }', 'ERR_PROCESSOR', /7/)
  const workers = [{ queues: port.queues }]
  await leavesNothing(t, () =>
    rejectsWith(t, run('/nowhere/at-all.mjs', { workers }), 'ERR_PROCESSOR', /nowhere\/at-all\.mjs/),
  )

  const plane = await run(processor(t, 'export default () => () => {}'), { workers })
  t.pass('the queues are free for the next one')
  await finish(t, plane)
  await port.close()
})
