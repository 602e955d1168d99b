import { open, run } from 'rxburst'
import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { rejectsWith } from '../fixtures/errors.js'
import { leavesNothing } from '../fixtures/leftovers.js'
import { finish, processor, shared, sumsHold, until } from '../fixtures/plane.js'

const wrong = (handler: string) => `
  import { DROP, perPacket, tx } from 'rxburst'
  export default ({ alloc, onTurn }) => {
    let sent = 0
    onTurn(() => { for (; sent < 8; sent++) alloc(60 + sent).send(0) })
    return ${handler}
  }`

t.test('a verdict that is none', async (t) => {
  const port = await open('loop:a')
  const workers = [{ queues: port.queues }]
  const attempt = async (handler: string, words: RegExp, code = 'ERR_BAD_VERDICT') => {
    for (const debug of [false, true])
      await leavesNothing(t, async () => {
        const plane = await run(processor(t, wrong(handler)), { workers, debug })
        await rejectsWith(t, plane.done, code, words)
        t.ok((await plane.audit()).ok, `books are right after ${handler}`)
        sumsHold(t, plane.snapshot())
      })
  }
  await attempt('perPacket(async () => DROP)', /loop:a queue 0, .*a promise is no verdict.*can't be async/)
  await attempt('perPacket((p) => { p.u8(0) })', /undefined is no verdict.*`return` missing/)
  await attempt('perPacket((p) => { if (p.length > 63) return DROP })', /packet 0: undefined is no verdict/)
  await attempt('perPacket((p) => { if (p.length < 63) return DROP })', /packet 3: undefined is no verdict/)
  await attempt("perPacket(() => tx('eth0'))", /tx\('eth0'\) names no port/)
  await attempt('perPacket(() => tx())', /tx\(undefined\) names no port/)
  await attempt('perPacket(() => tx(null))', /tx\(null\) names no port/)
  await attempt("perPacket(() => 'DROP')", /'DROP' is no verdict/)
  await attempt('perPacket(() => true)', /true is no verdict/)
  await attempt('perPacket(() => null)', /null is no verdict/)
  await attempt('perPacket(() => 1n)', /1n is no verdict/)
  await attempt('perPacket(() => Symbol("x"))', /Symbol\(x\) is no verdict/)
  await attempt('perPacket(() => NaN)', /NaN is no verdict/)
  await attempt('perPacket(() => 1.5)', /1\.5 is no verdict/)
  await attempt('perPacket(() => 300)', /300 is no verdict/)
  await attempt('perPacket((p) => p.length)', /60 is|verdict 60/, 'ERR_NO_TX_QUEUE')
  await attempt('perPacket(() => 77)', /the verdict 77, tx\(61\), names a port/, 'ERR_NO_TX_QUEUE')
  await attempt('perPacket(() => 9)', /9 is no verdict/)
  await attempt('(burst) => burst.setAll(undefined)', /every packet: undefined is no verdict/)
  await attempt("(burst) => { burst.at(1).verdict = 'DROP' }", /packet 1: 'DROP' is no verdict/)
  await attempt("(burst) => { burst.at(1).verdict = tx('eth0') }", /tx\('eth0'\) names no port/)
  await attempt("(burst) => burst.keep(0).send('eth0')", /tx\('eth0'\) names no port/)
  await attempt('(burst) => burst.keep(0).send(NaN)', /NaN is no verdict/)
  await attempt('async (burst) => burst.setAll(DROP)', /handler is async/, 'ERR_PROCESSOR')
  await port.close()
})

t.test('the command line tells it with its code', async (t) => {
  const file = processor(t, wrong('perPacket(async () => DROP)'))
  const { code, stderr } = await rxburst(t, 'run', file.pathname, 'loop:a')
  t.equal(code, 1)
  t.match(stderr, /^ready\nrxburst: .*a promise is no verdict.*\[ERR_BAD_VERDICT\]\n/)
})

t.test('a handler of bursts may say nothing, and return anything that is no promise', async (t) => {
  const data = shared(1)
  const port = await open('loop:a')
  const file = processor(
    t,
    wrong('(burst) => (data[0] += burst.count)').replace('{ alloc,', '{ data, alloc,'),
  )
  const plane = await run(file, { workers: [{ queues: port.queues, data }] })
  await until('all have come', () => data[0] === 8)
  const stats = await finish(t, plane)
  t.equal(stats.dropped.packets, 8, 'unset means DROP')
  await port.close()
})
