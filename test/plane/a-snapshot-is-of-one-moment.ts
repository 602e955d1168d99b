// Counters are copied into shared memory while others read them: what a snapshot says was true at one moment, also in
// full traffic.
import type { AnyOptions } from 'rxburst'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { finish, start, until } from '../fixtures/plane.js'

// Every verdict there is on a loop, and fresh packets: each count changes all the time. Every packet has 100 bytes.
const everything = `
  import { DROP, KEEP, tx } from 'rxburst'
  export default ({ alloc, onTurn }) => {
    const kept = []
    let n = 0
    onTurn(() => {
      for (let k = 0; k < 8; k++) alloc(100)?.send(n++ % 8)
      while (kept.length > 50) n++ % 2 ? kept.shift().send(n % 8) : kept.shift().release()
    })
    return (burst) => {
      for (let i = 0; i < burst.count; i++) {
        const packet = burst.at(i)
        if (n++ % 3 === 0) kept.push(packet.keep())
        else packet.verdict = n % 3 === 1 ? DROP : tx(n % 8)
      }
    }
  }`

// As many queues as a worker may have: the more there is to copy, the more looks fall into it.
const PORTS = [...'abcdefgh'].map((name): [string, AnyOptions] => [`loop:${name}`, { queues: [0, 1] }])
const LOOKS = 10_000
const DIFFERENT = 100

t.test('one moment', async (t) => {
  const { plane } = await start(t, everything, { open: PORTS })
  await until('packets go round', () => plane.snapshot().rx.packets > 10_000)
  const torn: unknown[] = []
  let different = 0
  let looks = 0
  for (let seen = -1; looks < LOOKS || different < DIFFERENT; looks++) {
    native.workers.requestAudit(0) // which begins with a copy: they come far more often than once a millisecond
    const s = plane.snapshot()
    const into = s.rx.packets + s.fresh.packets
    const out = s.tx.packets + s.dropped.packets + s.passed.packets + s.rejected.packets + s.kept + s.burst
    if (into !== out || s.rx.bytes !== 100 * s.rx.packets || s.tx.bytes !== 100 * s.tx.packets) torn.push(s)
    if (s.rx.packets !== seen) different++
    seen = s.rx.packets
  }
  t.same(torn.slice(0, 3), [], `${torn.length} of ${looks} looks are of two moments`)
  await finish(t, plane)
})
