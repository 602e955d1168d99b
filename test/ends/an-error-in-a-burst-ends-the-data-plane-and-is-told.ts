import { open, run } from 'rxburst'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { processor, sumsHold } from '../fixtures/plane.js'

const failing = (what: string) => `
  export default ({ alloc, onTurn, queues }) => {
    let sent = 0
    onTurn(() => { for (; sent < 64; sent++) alloc()?.send(0) })
    return (burst) => {
      if (queues[0].queue === 0) ${what}
    }
  }`

t.test('an error in a burst', async (t) => {
  const port = await open('loop:a', { queues: [0, 1] })
  const attempt = async (what: string, expected: object) => {
    const workers = [{ queues: [port.queue(0)] }, { queues: [port.queue(1)] }]
    await leavesNothing(t, async () => {
      const plane = await run(processor(t, failing(what)), { workers })
      await t.rejects(plane.done, expected as Error, what)
      const audit = await plane.audit()
      t.ok(audit.ok, `books are right${audit.ok ? '' : JSON.stringify(audit)}`)
      t.equal(audit.workers.length, 2)
      sumsHold(t, plane.snapshot())
    })
  }
  await attempt('throw new TypeError("oops")', {
    code: 'ERR_PROCESSOR',
    message: /worker 0 threw TypeError: oops/,
    cause: { name: 'TypeError', message: 'oops', stack: /processor-1\.mjs:6/ },
  })
  await attempt('throw Object.assign(new RangeError("mine"), { code: "E_MINE" })', {
    name: 'RangeError',
    message: 'mine',
    code: 'E_MINE',
  })
  await attempt('throw null', { code: 'ERR_PROCESSOR', message: /threw null/ })
  await attempt('Promise.reject(new Error("nobody listens"))', {
    code: 'ERR_PROCESSOR',
    message: /outside its handler Error: nobody listens/,
  })
  await attempt('process.exit(3)', { code: 'ERR_WORKER_DIED', message: /worker 0.*exit code 3/ })
  t.equal(native.arena.framesAvailable(), 16384)
  await port.close()
})
