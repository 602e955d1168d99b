// One add() makes both directions of a translated connection; they end together, and several workers are refused.
import t from 'tap'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const PACKETS = 2000
const FLOWS = 20

for (const itself of [false, true])
  t.test(
    `a translation and its way back, ${itself ? 'by a handler that translates what it sees' : 'by flows alone'}`,
    async (t) => {
      const cells = shared(24)
      // Port 0 sends to port 1; what port 1 sends on by port 2 comes out of port 3, is turned round there, and comes
      // back by port 2.
      const { plane } = await start(
        t,
        flowing(`
      const { cells, packets, flows, itself } = context.data
      const table = context.flows.shape('5tuple', { idleMs: 0 })
      const there = context.flows.action(snat(PARAM), tx(2))
      const back = context.flows.action(dnat(PARAM), tx(1))
      table.onEnded((ended) => {
        for (let i = 0; i < ended.count; i++) {
          const key = ended.key(i)
          cells[ended.reason(i) === 'removed' ? 10 : 11]++
          cells[key.source === '198.18.0.1' ? 12 : 13] += ended.packets[i]
        }
      })
      const state = sender({ packets, flows, each: 4 })
      context.onTurn(() => { cells[9] = table.stats.entries })
      return perPacket((packet) => {
        const at = locate(packet)
        if (packet.port === 1) {
          cells[0]++
          const port = 5000 + udp.sourcePort(packet, at) - 1000
          const verdict = table.add(packet, there, endpoint('203.0.113.5', port), back)
          if (!itself) return verdict
          ipv4.setSource(packet, at, 0xcb007105)
          udp.setSourcePort(packet, at, port)
          return tx(2)
        }
        if (packet.port === 3) {
          if (ipv4.source(packet, at) !== 0xcb007105) cells[1]++
          if (udp.sourcePort(packet, at) !== 5000 + (packet.u32(56) % flows)) cells[2]++
          const source = ipv4.source(packet, at)
          ipv4.setSource(packet, at, ipv4.destination(packet, at))
          ipv4.setDestination(packet, at, source)
          const port = udp.sourcePort(packet, at)
          udp.setSourcePort(packet, at, udp.destinationPort(packet, at))
          udp.setDestinationPort(packet, at, port)
          cells[3]++
          return tx(3)
        }
        if (packet.port === 2) {
          cells[4]++
          return DROP
        }
        cells[5]++
        if (ipv4.destination(packet, at) !== 0xc6120001 || ipv4.source(packet, at) !== 0xc6120002) cells[6]++
        if (udp.destinationPort(packet, at) !== 1000 + (packet.u32(56) % flows)) cells[7]++
        if (!is.udp(at)) cells[8]++
        return DROP
      })
    `),
        { open: WIRE, data: { cells, packets: PACKETS, flows: FLOWS, itself } },
      )
      await whileRunning(plane, 'all came back', () => cells[5] === PACKETS)
      t.equal(cells[9], 2 * FLOWS, 'each connection has two entries')
      const stats = await finish(t, plane)
      t.ok(cells[0] < 4 * FLOWS, `the handler was asked ${cells[0]} times about the way there`)
      t.same([cells[1], cells[2]], [0, 0], 'the way there is translated')
      t.equal(cells[3], PACKETS)
      t.equal(cells[4], 0, 'and never about the way back')
      t.same(
        [cells[6], cells[7], cells[8]],
        [0, 0, 0],
        'the way back is translated to where the connection came from',
      )
      t.same([cells[12], cells[13]], [PACKETS, PACKETS], 'both directions are counted')
      t.equal(stats.rx.packets, 4 * PACKETS)
    },
  )

t.test('they end together', async (t) => {
  const cells = shared(24)
  const { plane } = await start(
    t,
    flowing(`
      const { cells } = context.data
      const table = context.flows.shape('src+dst', { idleMs: 0 })
      const there = context.flows.action(DROP)
      table.onEnded((ended) => { for (let i = 0; i < ended.count; i++) cells[ended.reason(i) === 'removed' ? 10 : 11]++ })
      sender({ packets: 2, flows: 1, each: 1, before: (packet, at, number) => { ipv4.setSource(packet, at, 0x0a000001 + number) } })
      let first = true
      return perPacket((packet) => {
        if (cells[0]++ === 0) return table.add(packet, there, undefined, there)
        cells[1] = table.stats.entries
        table.add(packet, there)
        table.remove(packet)
        return DROP
      })
    `),
    { open: WIRE, data: { cells } },
  )
  await whileRunning(plane, 'both were received', () => cells[0] === 2)
  await finish(t, plane)
  t.equal(cells[1], 2)
  t.equal(cells[10], 1, 'the one without a twin ended alone')
  t.equal(cells[11], 2, 'the twins ended with the worker')
})

t.test('with several workers', async (t) => {
  const source = flowing(`
    const table = context.flows.shape('5tuple')
    const there = context.flows.action(DROP)
    if (context.index === 0) sender({ packets: 10, flows: 1 })
    return perPacket((packet) => table.add(packet, there, undefined, there))
  `)
  for (const directions of ['spread', 'meet'] as const) {
    const { open } = await import('rxburst')
    const a = await open('loop:sa', { peer: 'sb' })
    const b = await open('loop:sb', { peer: 'sa' })
    const { plane } = await start(t, source, {
      open: [],
      ports: [a, b],
      directions,
      workers: [{ queues: a.queues }, { queues: b.queues }],
    })
    if (directions === 'spread') {
      await t.rejects(plane.done, { code: 'ERR_FLOW_SPREAD', message: /directions: 'meet'/ })
    } else {
      await whileRunning(plane, 'all were received', () => plane.snapshot().rx.packets === 10)
      await finish(t, plane)
    }
    await a.close()
    await b.close()
  }
})
