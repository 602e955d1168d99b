// The first packet of a flow goes to the handler; the table executes its decision for all later ones, and counts each
// packet once.
import t from 'tap'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const PACKETS = 20_000
const FLOWS = 50

t.test('DROP', async (t) => {
  const cells = shared(FLOWS + 4)
  const { plane } = await start(
    t,
    flowing(`
      const { cells, packets, flows } = context.data
      const table = context.flows.shape('5tuple', { idleMs: 0 })
      const drop = context.flows.action(DROP)
      table.onEnded((ended) => {
        for (let i = 0; i < ended.count; i++) {
          const key = ended.key(i)
          if (ended.reason(i) !== 'closed' || key.destination !== '198.18.0.2' || key.protocol !== 17) cells[flows + 1]++
          cells[key.sourcePort - 1000] += ended.packets[i]
          cells[flows + 2] += ended.bytes[i]
        }
      })
      const state = sender({ packets, flows })
      context.onTurn(() => { cells[flows] = state.sent })
      return perPacket((packet) => table.add(packet, drop))
    `),
    { open: WIRE, data: { cells, packets: PACKETS, flows: FLOWS } },
  )
  await whileRunning(plane, 'all were received', () => plane.snapshot().rx.packets === PACKETS)
  const stats = await finish(t, plane)
  t.equal(stats.hits.packets + stats.shown.packets, PACKETS, 'rx = hits + shown')
  t.ok(stats.shown.packets >= FLOWS, 'the first packet of each flow was shown')
  t.ok(stats.shown.packets < 4 * FLOWS, `and few more: ${stats.shown.packets}`)
  t.equal(stats.dropped.packets, PACKETS)
  const each = Array.from(cells.subarray(0, FLOWS))
  t.same(
    each,
    each.map(() => PACKETS / FLOWS),
    'each flow has counted all its packets',
  )
  t.equal(cells[FLOWS + 1], 0, 'the records say what they should')
  t.equal(cells[FLOWS + 2], 64 * PACKETS, 'bytes are those of rx.bytes')
})

t.test('tx to another port, in order', async (t) => {
  const cells = shared(4)
  const { plane } = await start(
    t,
    flowing(`
      const { cells, packets, flows } = context.data
      const table = context.flows.shape('5tuple', { idleMs: 0 })
      const forward = context.flows.action(setMac({ dst: '02:00:00:00:00:09' }), tx(2))
      sender({ packets, flows })
      const last = new Map()
      const next = perPacket((packet) => table.add(packet, forward))
      return (burst) => {
        if (burst.port === 1) return next(burst)
        for (let i = 0; i < burst.count; i++) {
          const packet = burst.at(i)
          const flow = packet.u16(34)
          const number = packet.u32(packet.length - 8)
          if (number <= (last.get(flow) ?? -1)) cells[1]++
          if (packet.u16(4) !== 9) cells[2]++
          last.set(flow, number)
          cells[0]++
        }
        burst.setAll(DROP)
      }
    `),
    { open: WIRE, data: { cells, packets: PACKETS, flows: FLOWS } },
  )
  await whileRunning(plane, 'all came out', () => cells[0] === PACKETS)
  const stats = await finish(t, plane)
  t.equal(cells[1], 0, 'none overtook another of its flow')
  t.equal(cells[2], 0, 'all went through the same step, the first one of each flow too')
  t.equal(stats.rx.packets, 2 * PACKETS)
  t.equal(stats.hits.packets + stats.shown.packets, 2 * PACKETS)
  t.ok(stats.shown.packets < PACKETS + 4 * FLOWS, 'most did not come to the handler')
  t.equal(stats.rejected.packets, 0)
})

t.test('another verdict than FLOW makes the flow and obeys that verdict', async (t) => {
  const cells = shared(4)
  const { plane } = await start(
    t,
    flowing(`
      const { cells, packets, flows } = context.data
      const table = context.flows.shape('src', { idleMs: 0 })
      const drop = context.flows.action(DROP)
      sender({ packets, flows, each: 1 })
      return perPacket((packet) => {
        if (packet.port === 3) {
          cells[0]++
          return DROP
        }
        table.add(packet, drop)
        return tx(2)
      })
    `),
    { open: WIRE, data: { cells, packets: 100, flows: 1 } },
  )
  await whileRunning(plane, 'all were received', () => plane.snapshot().rx.packets === 101)
  await finish(t, plane)
  t.equal(cells[0], 1, 'the first was sent, the others were dropped')
})

t.test('FLOW without a flow is no verdict', async (t) => {
  const all = 'sender({ packets: 5, flows: 1 }); return (burst) => burst.setAll(FLOW)'
  for (const source of [all, `context.flows.shape('src'); ${all}`]) {
    const { plane, opened } = await start(t, flowing(source), { open: WIRE })
    await t.rejects(plane.done, { code: 'ERR_BAD_VERDICT', message: /add\(packet, action\)/ })
    for (const port of opened) await port.close()
  }
})
