// The benchmark's loop over what lies below a turn: every packet goes on and is counted, whatever number of ports;
// others are refused.
import t from 'tap'
import { dpdkTest } from '../fixtures/dpdk.js'
import { finish, start, until } from '../fixtures/plane.js'

const loop = new URL('../../dist/lib/bench/programs/c-loop.js', import.meta.url)
const data = { mode: 'below' }

for (const ports of [1, 2, 3])
  dpdkTest(t, `over ${ports} ports`, async (t) => {
    const open = Array.from({ length: ports }, (_, i) => `dpdk:net_null${i},size=${100 + i}`)
    const { plane } = await start(t, loop, { open, data })
    await until('a million packets', () => plane.snapshot().tx.packets > 1_000_000)
    const stats = await finish(t, plane)
    t.equal(stats.rejected.packets, 0)
    // The burst before the loop begins, and those in front of it at its end, have no verdict of it.
    const dropped = stats.dropped.packets
    t.ok(dropped <= 256 * ports, `${dropped} are dropped`)
    t.equal(stats.rx.packets, stats.tx.packets + dropped)
    t.ok(stats.tx.bytes >= 100 * stats.tx.packets && stats.tx.bytes <= 102 * stats.tx.packets, 'bytes too')
  })

t.test('ports that copy', async (t) => {
  const { plane } = await start(t, loop, { open: ['loop:a'], data })
  await t.rejects(plane.done, { code: 'ERR_NOT_SUPPORTED' })
})
