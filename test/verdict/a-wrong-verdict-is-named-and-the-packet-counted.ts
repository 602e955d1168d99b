import { open, run } from 'rxburst'
import t from 'tap'
import { leavesNothing } from '../fixtures/leftovers.js'
import { processor, sumsHold } from '../fixtures/plane.js'

const wrong = (what: string) => `
  import { DROP, KEEP, PASS, perPacket, tx } from 'rxburst'
  export default ({ alloc, onTurn }) => {
    let sent = 0
    onTurn(() => { for (; sent < 8; sent++) alloc(100).send(0) })
    return (burst) => {
      const packet = burst.at(3)
      ${what}
    }
  }`

t.test('a wrong verdict', async (t) => {
  const [a, b] = [await open('loop:a'), await open('loop:b')]
  const attempt = async (what: string, code: string, message: RegExp) =>
    leavesNothing(t, async () => {
      const plane = await run(processor(t, wrong(what)), { workers: [{ queues: a.queues }], ports: [a, b] })
      await t.rejects(plane.done, { name: 'RxburstError', code, message }, what)
      t.ok((await plane.audit()).ok, 'books are right')
      const stats = plane.snapshot()
      sumsHold(t, stats)
      t.equal(stats.rx.packets, 8)
      t.equal(stats.dropped.packets, 8, 'its packets are dropped')
    })
  await attempt('packet.verdict = tx(1)', 'ERR_NO_TX_QUEUE', /loop:a queue 0, packet 3: .*tx\(1\)/)
  await attempt('packet.verdict = tx(5)', 'ERR_NO_TX_QUEUE', /tx\(5\).*queues of loop:a/)
  await attempt('burst.setAll(tx(63))', 'ERR_NO_TX_QUEUE', /tx\(63\)/)
  await attempt('packet.verdict = 9', 'ERR_BAD_VERDICT', /9 is no verdict/)
  await attempt('burst.setAll(200)', 'ERR_BAD_VERDICT', /200/)
  await attempt('burst.setAll(-1)', 'ERR_BAD_VERDICT', /is no verdict/)
  await attempt('perPacket(() => -1)(burst)', 'ERR_BAD_VERDICT', /is no verdict/)
  await attempt('packet.verdict = PASS', 'ERR_NOT_SUPPORTED', /capabilities\.pass/)
  await attempt('burst.setAll(PASS)', 'ERR_NOT_SUPPORTED', /capabilities\.pass/)
  await attempt('burst.offset[3] += 4096', 'ERR_OUTSIDE_FRAME', /packet 3: .*leaves/)
  await attempt('burst.offset[3] = 0', 'ERR_OUTSIDE_FRAME', /packet 3/)
  await attempt('burst.offset[3] += 1792; burst.length[3] = 0', 'ERR_OUTSIDE_FRAME', /packet 3/)
  await attempt('burst.length[3] = 2048', 'ERR_OUTSIDE_FRAME', /2048/)
  await attempt('burst.length[3] = 0xffffffff', 'ERR_OUTSIDE_FRAME', /packet 3/)
  await attempt('packet.resize(100, -257)', 'ERR_OUTSIDE_FRAME', /packet 3/)
  await attempt('packet.resize(-1)', 'ERR_OUTSIDE_FRAME', /packet 3/)
  await attempt(
    'const kept = packet.keep(); kept.release(); kept.release()',
    'ERR_NOT_OWNER',
    /release\(\) of a packet/,
  )
  await attempt(
    'const kept = packet.keep(); kept.release(); kept.send(0)',
    'ERR_NOT_OWNER',
    /send\(\) of a packet/,
  )
  await attempt(
    'const kept = packet.keep(); packet.verdict = DROP; kept.release()',
    'ERR_NOT_OWNER',
    /does not own/,
  )
  await a.close()
  await b.close()
})
