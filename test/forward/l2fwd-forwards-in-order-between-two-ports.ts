import t from 'tap'
import { finish, until } from '../fixtures/plane.js'
import { bench } from '../fixtures/traffic/forwarder.js'

const PACKETS = 5000
const l2fwd = new URL('../../dist/examples/02-l2fwd.js', import.meta.url)
const sent = [0x02, 0, 0, 0, 0, 0xdd, 0x02, 0, 0, 0, 0, 0x55]

for (const mode of ['io', 'mac', 'macswap'])
  t.test(`--mode ${mode}`, async (t) => {
    const { plane, tester, seen, macs, opened } = await bench(t, l2fwd, PACKETS, { mode })
    await until('every packet is through', () => seen[1] === PACKETS)
    const stats = await finish(t, plane)
    await finish(t, tester)
    t.equal(seen[2], 0, 'in order, and whole')
    t.equal(stats.rx.packets, PACKETS)
    t.equal(stats.tx.packets, PACKETS)
    t.equal(stats.rejected.packets, 0)
    const expected = {
      io: sent,
      mac: [0x02, 0, 0, 0, 0, 1, ...opened[1].mac!],
      macswap: [...sent.slice(6), ...sent.slice(0, 6)],
    }[mode]
    t.same([...macs], expected, 'the addresses are what the mode says')
  })
