// Packets of one flow leave in the order in which they came, whatever happens to the flow between them: it is made,
// evicted, peeked at, invalidated, changed, removed or ended by a FIN.
import t from 'tap'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 10_000
const PACKETS = Number(process.env.RXBURST_PACKETS ?? 200_000)

t.test('numbered packets', async (t) => {
  const cells = shared(8)
  const last = shared(FLOWS)
  const { plane } = await start(
    t,
    flowing(`
      const { cells, last, packets, flows } = context.data
      const table = context.flows.shape('5tuple', { idleMs: 0, capacity: 64, tcp: 'watch' })
      const all = [[tx(2)], [peek(3), tx(2)], [ttl(), tx(2)], [SHOW]]
      const actions = all.map((steps) => context.flows.action(...steps))
      let random = 1
      const below = (n) => (random = (Math.imul(random, 1103515245) + 12345) >>> 0, (random >>> 8) % n)
      // Neighbours in time are often of one flow, so that a burst has several of it.
      let flow = 0
      sender({
        packets, flows: 1, each: 32, path: 'ethernet/ipv4/tcp', length: 70,
        before: (packet, at, n) => {
          if (below(3) === 0) flow = below(20) ? below(64) : below(flows)
          tcp.setSourcePort(packet, at, 1000 + flow)
          packet.u8(47, below(50) ? 16 : 17)
          packet.u32(58, flow)
        },
      })
      let turns = 0
      context.onTurn(() => {
        if (++turns % 307 === 0) context.flows.invalidate()
        if (turns % 37 === 0) actions[1].set(...(turns % 2 ? [peek(2), tx(2)] : [tx(2)]))
        cells[3] = table.stats.evicted
      })
      return (burst) => {
        if (burst.port === 3) {
          for (let i = 0; i < burst.count; i++) {
            const packet = burst.at(i)
            const number = packet.u32(62) + 1
            const of = packet.u32(58)
            if (number <= last[of]) cells[0]++
            last[of] = number
            cells[1]++
          }
          burst.setAll(DROP)
          return
        }
        for (let i = 0; i < burst.count; i++) {
          const packet = burst.at(i)
          cells[2]++
          const chosen = below(12)
          if (chosen === 0) table.remove(packet)
          if (chosen < 2) packet.verdict = tx(2)
          else if (chosen === 2) {
            table.add(packet, actions[3])
            packet.verdict = tx(2)
          } else packet.verdict = table.add(packet, actions[chosen % 3])
        }
      }
    `),
    { open: WIRE, data: { cells, last, packets: PACKETS, flows: FLOWS } },
  )
  await whileRunning(plane, 'all came out', () => plane.snapshot().rx.packets === 2 * PACKETS)
  const stats = await finish(t, plane)
  t.equal(cells[1], PACKETS)
  t.equal(cells[0], 0, 'none overtook another of its flow')
  t.ok(stats.hits.packets > PACKETS / 10, `${stats.hits.packets} were executed below`)
  t.ok(cells[2] > PACKETS / 10, `${cells[2]} were shown`)
  t.ok(cells[3] > 0, `${cells[3]} flows were evicted`)
  t.equal(stats.hits.packets + stats.shown.packets, stats.rx.packets)
})
