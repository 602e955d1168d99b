import { setTimeout as sleep } from 'node:timers/promises'
import type { Stats } from 'rxburst'
import t from 'tap'
import { finish, shared, start, until } from '../fixtures/plane.js'

// 32 packets of 100 bytes go round and round; ten go no further than the first round.
const carousel = `
  import { DROP, tx } from 'rxburst'
  export default ({ alloc, onTurn }) => {
    let sent = 0
    onTurn(() => { for (; sent < 42; sent++) alloc(100).send(0) })
    let dropped = 0
    return (burst) => {
      for (let i = 0; i < burst.count; i++) burst.verdict[i] = dropped++ < 10 ? DROP : tx(0)
    }
  }`

t.test('statistics', async (t) => {
  const { plane } = await start(t, carousel, { data: shared(1) })
  await until('ten are dropped, the others go round', () => {
    const { fresh, dropped, rx } = plane.snapshot()
    return fresh.packets === 42 && dropped.packets === 10 && rx.packets > 1000
  })
  const all: Stats[] = []
  for await (const s of plane.stats({ everyMs: 100 })) {
    all.push(s)
    if (all.length === 5) break
  }
  t.equal(all.length, 5)
  for (let i = 1; i < 5; i++) {
    const [before, now] = [all[i - 1], all[i]]
    const seconds = now.seconds - before.seconds
    t.ok(seconds > 0.09, `${seconds.toFixed(3)} s between two looks`)
    const packets = now.rx.packets - before.rx.packets
    t.ok(Math.abs(now.rx.pps - packets / seconds) < 1, 'the rate is that of the interval')
    t.equal(now.rx.bytes, now.rx.packets * 100)
    t.ok(Math.abs(now.rx.bps - now.rx.pps * 800) < 1000, 'bits per second')
    t.equal(now.fresh.packets, 42)
    t.equal(now.dropped.packets, 10)
    t.equal(now.dropped.pps, 0, 'nothing was dropped since the last look')
  }
  const before = plane.snapshot()
  await until('snapshot() counts on while it runs', () => plane.snapshot().rx.packets > before.rx.packets)
  const after = plane.snapshot()
  t.ok(Math.abs(after.rx.pps - after.rx.packets / after.seconds) < 1, 'and its rates are averages')

  const stopping = sleep(50).then(() => plane.stop())
  for await (const _ of plane.stats({ everyMs: 3_600_000 })) t.fail('an hour can not be over')
  t.pass('the iterator ends with the data plane, in the middle of an interval too')
  await stopping
  const last = await finish(t, plane)
  await sleep(20)
  t.same(plane.snapshot(), last, 'what a stopped plane counted stays')
  await t.rejects(plane.stats({ everyMs: 0 }).next(), { code: 'ERR_BAD_OPTION' })
})
