// Tables without flows rest: turns do not look at packets for them. The next request finds the packets in front of the
// handler as they were received, and from then on everything is counted and decided as before.
import { DROP } from 'rxburst'
import t from 'tap'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

/** More than twice what makes tables rest. */
const QUIET = 12_000
const PACKETS = 20_000
const FLOWS = 50

t.test('what came meanwhile is counted', async (t) => {
  const cells = shared(8)
  const { plane } = await start(
    t,
    flowing(`
      const { cells, packets } = context.data
      const tables = [context.flows.shape('5tuple', { idleMs: 0 }), context.flows.shape('mac', { idleMs: 0 })]
      sender({ packets, flows: 7, before: (packet, at, number) => { if (number % 2) packet.u16(12, 0x0806) } })
      let seen = 0
      return (burst) => {
        seen += burst.count
        if (seen === packets) {
          tables.forEach((table, i) => {
            const { hits, misses, unfit } = table.stats
            cells.set([hits, misses, unfit], 1 + 3 * i)
          })
          cells[0] = 1
        }
        burst.setAll(DROP)
      }
    `),
    { open: WIRE, data: { cells, packets: PACKETS } },
  )
  await whileRunning(plane, 'all were received', () => cells[0] === 1)
  const stats = await finish(t, plane)
  t.equal(stats.shown.packets, PACKETS, 'all were shown')
  t.equal(stats.hits.packets, 0)
  const [hits, misses, unfit] = cells.subarray(1)
  t.equal(hits, 0)
  t.equal(misses + unfit, PACKETS, 'each is a miss or unfit')
  t.ok(unfit > 0, `${unfit} were looked at and unfit`)
  t.ok(unfit < PACKETS / 2, `${unfit}: not all were looked at`)
  t.same([...cells.subarray(4, 7)], [0, PACKETS, 0], 'each is a miss of the other table')
})

for (const asks of [false, true])
  t.test(`a flow is that of the packet as it was received; find() first: ${asks}`, async (t) => {
    const cells = shared(16)
    const { plane } = await start(
      t,
      flowing(`
      const { cells, packets, flows, quiet, asks } = context.data
      const table = context.flows.shape('5tuple', { idleMs: 0 })
      const drop = context.flows.action(DROP)
      const state = sender({ packets, flows })
      let seen = 0, port = 0
      table.onEnded((ended) => {
        for (let i = 0; i < ended.count; i++) {
          cells[1]++
          cells[2] = ended.key(i).sourcePort - port
          cells[3] = ended.packets[i]
          cells[4] = ended.key(i).destination === '198.18.0.2' ? 1 : 0
        }
      })
      return perPacket((packet) => {
        if (packet.port === 3) {
          cells[5]++
          return DROP
        }
        seen++
        if (port !== 0 && packet.u16(34) === port) cells[6]++
        if (port !== 0 || seen < quiet || seen % 16 !== 8) return DROP
        port = packet.u16(34)
        cells[7] = packet.u32(packet.length - 8)
        if (asks) cells[8] = table.find(packet) === null ? 1 : 0
        table.add(packet, drop)
        packet.u16(34, 9)
        packet.u32(30, 0x0a000001)
        cells[9] = table.find(packet)?.key.sourcePort - port
        return tx(2)
      })
    `),
      { open: WIRE, data: { cells, packets: PACKETS, flows: FLOWS, quiet: QUIET, asks } },
    )
    await whileRunning(plane, 'all were received', () => plane.snapshot().rx.packets === PACKETS + 1)
    const stats = await finish(t, plane)
    const later = Math.floor((PACKETS - 1 - cells[7]) / FLOWS)
    t.ok(later > 50, `${later} packets of the flow came after the first`)
    t.equal(cells[6], 0, 'none of them was shown')
    t.equal(cells[5], 1, 'the first was sent')
    t.equal(cells[8], asks ? 1 : 0, 'find() finds no flow before')
    t.equal(cells[9], 0, 'and afterwards that of the packet as it was received')
    t.same(
      [...cells.subarray(1, 5)],
      [1, 0, later + 1, 1],
      'one flow ended, with its key and all its packets',
    )
    t.equal(stats.hits.packets, later)
    t.equal(stats.shown.packets, PACKETS + 1 - later)
  })

t.test(
  'every packet of a burst that makes flows goes through their action, and rest comes again',
  async (t) => {
    const cells = shared(8)
    const { plane } = await start(
      t,
      flowing(`
      const { cells, packets, flows, quiet } = context.data
      const table = context.flows.shape('5tuple', { idleMs: 0 })
      const forward = context.flows.action(setMac({ dst: '02:00:00:00:00:09' }), tx(2))
      sender({ packets, flows, before: (packet, at, number) => { if (number % 5 === 0) packet.u16(12, 0x0806) } })
      let seen = 0, made = 0, rest = quiet
      return (burst) => {
        if (burst.port === 3) {
          for (let i = 0; i < burst.count; i++) cells[burst.at(i).u16(4) === 9 ? 0 : 1]++
          burst.setAll(DROP)
          return
        }
        for (let i = 0; i < burst.count; i++) {
          const packet = burst.at(i)
          seen++
          if (rest > 0) {
            rest--
            burst.setVerdict(i, DROP)
            continue
          }
          burst.setVerdict(i, table.add(packet, forward))
          cells[2]++
        }
        if (rest <= 0 && ++made === 3) {
          cells[3] += table.stats.entries
          context.flows.invalidate()
          made = 0
          rest = quiet
        }
      }
    `),
      { open: WIRE, data: { cells, packets: 4 * QUIET, flows: 1000, quiet: QUIET } },
    )
    await whileRunning(plane, 'all came out', () => {
      const { rx } = plane.snapshot()
      return rx.packets >= 4 * QUIET && cells[0] === rx.packets - 4 * QUIET
    })
    const stats = await finish(t, plane)
    t.ok(cells[2] > 50, `${cells[2]} packets were answered with FLOW`)
    t.ok(cells[3] > 20, `${cells[3]} flows were made`)
    t.equal(cells[1], 0, 'each that came out went through the steps')
    t.equal(cells[0], stats.hits.packets + cells[2], 'as many came out as had a flow')
  },
)

t.test('the main thread makes a flow in a table that rests', async (t) => {
  const cells = shared(4)
  const { plane } = await start(
    t,
    flowing(`
      const { cells, quiet } = context.data
      context.flows.shape('dst', { idleMs: 0 })
      sender({ packets: 2 ** 31, flows: 3 })
      let seen = 0
      return (burst) => {
        seen += burst.count
        if (seen > quiet) cells[0] = 1
        cells[1] += burst.count
        burst.setAll(DROP)
      }
    `),
    { open: WIRE, data: { cells, quiet: QUIET } },
  )
  await whileRunning(plane, 'the table rests', () => cells[0] === 1)
  await plane.flows.add({ port: 1, destination: '198.18.0.2' }, [DROP])
  const shown = cells[1]
  const { hits } = plane.snapshot()
  await whileRunning(plane, 'packets have a flow', () => plane.snapshot().hits.packets > hits.packets + 1000)
  t.ok(cells[1] <= shown + 512, `${cells[1] - shown} were shown after the main thread heard that it is there`)
  await finish(t, plane)
})
