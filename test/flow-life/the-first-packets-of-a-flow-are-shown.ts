// `after: n` shows the first n packets of a flow to the handler and counts them; `maxNewPerSecond` bounds new flows,
// and packets of those that are refused go through their action all the same.
import t from 'tap'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 8
const PACKETS = 800

for (const after of [1, 2, 5])
  t.test(`after: ${after}`, async (t) => {
    const cells = shared(3 * FLOWS + 1)
    // One packet a turn, so that no two of a flow are in one burst.
    const { plane } = await start(
      t,
      flowing(`
        const { cells, packets, flows, after } = context.data
        const table = context.flows.shape('5tuple', { idleMs: 0, after })
        const drop = context.flows.action(DROP)
        table.onEnded((ended) => {
          for (let i = 0; i < ended.count; i++) cells[ended.key(i).sourcePort - 1000] += ended.packets[i]
        })
        sender({ packets, flows, each: 1 })
        return perPacket((packet) => {
          const flow = packet.u16(34) - 1000
          const found = table.find(packet)
          if ((found?.packets ?? 0) !== cells[flows + flow]) cells[2 * flows + flow]++ // this one is not counted yet
          cells[flows + flow]++
          return table.add(packet, drop)
        })
      `),
      { open: WIRE, data: { cells, packets: PACKETS, flows: FLOWS, after } },
    )
    await whileRunning(plane, 'all were received', () => plane.snapshot().rx.packets === PACKETS)
    const stats = await finish(t, plane)
    const each = (n: number) => Array(FLOWS).fill(n)
    t.same([...cells.subarray(FLOWS, 2 * FLOWS)], each(after), `${after} packets of each flow were shown`)
    t.same([...cells.subarray(0, FLOWS)], each(PACKETS / FLOWS), 'each is counted once')
    t.equal(stats.shown.packets, FLOWS * after)
    t.equal(stats.dropped.packets, PACKETS)
  })

t.test('maxNewPerSecond', async (t) => {
  const cells = shared(6)
  const LIMIT = 50
  const { plane } = await start(
    t,
    flowing(`
      const { cells, limit } = context.data
      const table = context.flows.shape('5tuple', { idleMs: 0, maxNewPerSecond: limit })
      const drop = context.flows.action(DROP)
      const began = performance.now()
      sender({ packets: 1000, flows: 1000 })
      let more = false
      context.onTurn(() => {
        const { entries, refused } = table.stats
        cells[0] = entries
        cells[1] = refused
        cells[2] = performance.now() - began
        if (!more && entries + refused === 1000) {
          cells[3] = entries
          cells[4] = cells[2]
          more = true
        }
        // Others come later, one a turn, until some have found room again.
        if (more && entries < 2 * limit) sender({ packets: 1, flows: 1, each: 1, before: (packet, at) =>
          udp.setDestinationPort(packet, at, 10 + cells[5]++) })
      })
      return perPacket((packet) => table.add(packet, drop))
    `),
    { open: WIRE, data: { cells, limit: LIMIT } },
  )
  await whileRunning(plane, 'there is room again as time goes by', () => cells[0] >= 2 * LIMIT)
  const stats = await finish(t, plane)
  t.ok(cells[3] >= LIMIT, `${cells[3]} flows of 1000 were made at once`)
  t.ok(cells[3] <= LIMIT * (1 + (cells[4] + 1000) / 1000), `in ${cells[4]} ms`)
  t.ok(cells[0] <= LIMIT * (1 + (cells[2] + 1000) / 1000), `${cells[0]} in ${cells[2]} ms`)
  t.ok(cells[1] > 0, `${cells[1]} were refused`)
  t.equal(stats.dropped.packets, stats.rx.packets, 'and every packet went through the action')
})
