// `activeMs` adds records of flows that go on: each counts from the last one, none is of no packet, and together with
// the last record they are all packets.
import t from 'tap'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 20
const ROUNDS = 3

t.test('activeMs', async (t) => {
  const cells = shared(8 + FLOWS)
  const { plane } = await start(
    t,
    flowing(`
      const { cells, flows, rounds } = context.data
      const table = context.flows.shape('5tuple', { idleMs: 0, activeMs: 50 })
      const drop = context.flows.action(DROP)
      let last = new Map()
      table.onEnded((ended) => {
        for (let i = 0; i < ended.count; i++) {
          const flow = ended.key(i).sourcePort - 1000
          const active = ended.reason(i) === 'active'
          if (!active && ended.reason(i) !== 'closed') cells[1]++
          if (active && ended.packets[i] === 0) cells[2]++
          if (ended.bytes[i] !== 64 * ended.packets[i]) cells[3]++
          if (ended.firstMs[i] < (last.get(flow) ?? 0)) cells[4]++ // before the record that came last
          last.set(flow, ended.firstMs[i])
          cells[8 + flow] += ended.packets[i]
          if (active) cells[0]++
        }
      })
      const state = sender({ packets: 10 * flows, flows })
      let more = 1
      context.onTurn(() => {
        cells[5] = state.sent
        // The next ones come when each flow has told of those before.
        if (more < rounds && cells[0] >= flows * more) {
          state.packets += 10 * flows
          more++
        }
      })
      return perPacket((packet) => table.add(packet, drop))
    `),
    { open: WIRE, data: { cells, flows: FLOWS, rounds: ROUNDS } },
  )
  const packets = 10 * FLOWS * ROUNDS
  await whileRunning(plane, 'each has told all', () => cells.subarray(8).every((n) => n === 10 * ROUNDS))
  await new Promise((resolve) => setTimeout(resolve, 1500)) // the hand comes by once more: there is nothing to tell
  await finish(t, plane)
  t.equal(cells[5], packets)
  t.ok(cells[0] >= FLOWS * ROUNDS, `${cells[0]} records of flows that go on`)
  t.same([...cells.subarray(8)], Array(FLOWS).fill(10 * ROUNDS), 'each packet is in one record')
  t.same([...cells.subarray(1, 5)], [0, 0, 0, 0])
})
