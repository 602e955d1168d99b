// Ten times as many new flows as the table holds: flows of one packet make room for each other, and flows that have
// had two packets or more stay.
import t from 'tap'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const CAPACITY = 1024
const ESTABLISHED = 400
const FLOOD = 10 * CAPACITY

for (const { onFull, least } of [
  { onFull: 'evict', least: 0.9 },
  { onFull: 'refuse', least: 1 },
])
  t.test(`onFull: '${onFull}'`, async (t) => {
    const cells = shared(8)
    const { plane } = await start(
      t,
      flowing(`
        const { cells, capacity, established, flood, onFull } = context.data
        const table = context.flows.shape('5tuple', { idleMs: 0, capacity, onFull, tcp: 'blind' })
        const drop = context.flows.action(DROP)
        // Three packets of each established flow, then the flood with one packet a flow, then one of each again.
        sender({
          packets: 4 * established + flood, flows: 1, path: 'ethernet/ipv4/tcp',
          before: (packet, at, n) => {
            const late = n >= 3 * established + flood
            const old = n < 3 * established || late
            tcp.setSourcePort(packet, at, old ? n % established : 20000 + n % 40000)
            if (!old) ipv4.setSource(packet, at, 0x0a000000 + n)
            packet.u8(47, late ? 16 : 2)
          },
        })
        return perPacket((packet) => {
          const at = locate(packet)
          if (packet.u8(47) === 16) cells[0]++
          else if (tcp.sourcePort(packet, at) >= 20000) cells[1]++
          else cells[2]++
          cells[3] = table.stats.evicted
          cells[4] = table.stats.refused
          return table.add(packet, drop)
        })
      `),
      {
        open: WIRE,
        data: { cells, capacity: CAPACITY, established: ESTABLISHED, flood: FLOOD, onFull },
      },
    )
    const all = 4 * ESTABLISHED + FLOOD
    await whileRunning(plane, 'all were received', () => plane.snapshot().rx.packets === all)
    const stats = await finish(t, plane)
    t.equal(stats.dropped.packets, all)
    t.ok(cells[2] >= ESTABLISHED, 'the first packet of each flow was shown')
    t.equal(cells[1], FLOOD, 'every packet of the flood was new')
    t.ok(cells[3] + cells[4] > FLOOD - CAPACITY, `${cells[3]} were evicted, ${cells[4]} were refused`)
    const kept = 1 - cells[0] / ESTABLISHED
    t.ok(kept >= least, `${100 * kept} % of the established flows have kept their entry`)
  })
