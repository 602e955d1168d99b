// A second factory takes the tables of a running worker over: flows go on with their counts and their actions, and
// tables that are not equal are refused.
import t from 'tap'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const PACKETS = 8000
const FLOWS = 40
const at = { out: 0, shown: 1, state: 2, wrong: 3, early: 4, late: 5, fresh: 6, counts: 10 }

t.test('flows go on', async (t) => {
  const cells = shared(at.counts + 2 * FLOWS)
  const { plane } = await start(
    t,
    flowing(`
      const { cells, at, packets, flows } = context.data
      const tables = ({ flows }) => [flows.shape('5tuple', { idleMs: 0, capacity: 1024 }), flows.shape('src', { anyPort: true })]
      // Both send flows on by port 2; the second one drops those that it makes itself.
      const first = (context) => {
        const [table] = tables(context)
        const forward = context.flows.action(ttl(), tx(2))
        table.onEnded((ended) => { cells[at.early] += ended.count })
        return perPacket((packet) => {
          cells[at.shown]++
          return table.add(packet, forward)
        })
      }
      const second = (context) => {
        const [table] = tables(context)
        const same = context.flows.action(ttl(), tx(2))
        const drop = context.flows.action(DROP)
        table.onEnded((ended) => {
          for (let i = 0; i < ended.count; i++) {
            cells[at.counts + ended.key(i).sourcePort - 1000] += ended.packets[i]
            cells[at.late]++
          }
        })
        return perPacket((packet) => {
          cells[at.fresh]++
          const found = table.find(packet)
          if (found !== null && found.packets > 2) cells[at.wrong]++
          return table.add(packet, same.stats.flows === flows ? drop : same)
        })
      }
      let handler = first(context)
      const state = sender({ packets: packets / 2, flows })
      context.onTurn(() => {
        if (Atomics.load(cells, at.state) !== 1) return
        const handed = context.flows.handOver()
        handler = second({ ...context, flows: handed })
        context.flows.takeOver(handed)
        state.packets += packets / 2
        sender({ packets: 1000, flows: 10, before: (packet, at) => udp.setDestinationPort(packet, at, 99) })
        Atomics.store(cells, at.state, 2)
      })
      return (burst) => {
        if (burst.port === 1) return handler(burst)
        for (let i = 0; i < burst.count; i++) if (burst.at(i).u8(22) !== 63) cells[at.wrong]++
        cells[at.out] += burst.count
        burst.setAll(DROP)
      }
    `),
    { open: WIRE, data: { cells, at, packets: PACKETS, flows: FLOWS } },
  )
  await whileRunning(plane, 'the first half is through', () => cells[at.out] === PACKETS / 2)
  const shown = cells[at.shown]
  Atomics.store(cells, at.state, 1)
  await whileRunning(plane, 'all are through', () => plane.snapshot().rx.packets === 2 * PACKETS + 1000)
  const stats = await finish(t, plane)
  t.equal(cells[at.out], PACKETS, 'the flows of the first factory are sent on by its action')
  t.equal(cells[at.shown], shown, 'its handler sees nothing any more')
  t.ok(cells[at.fresh] < 200, `the other one is shown the first packets of its own flows: ${cells[at.fresh]}`)
  t.equal(stats.dropped.packets - PACKETS, 1000, 'and drops them')
  t.equal(cells[at.early], 0)
  t.equal(cells[at.late], FLOWS + 10, 'the second one gets the records')
  const each = Array.from({ length: FLOWS }, (_, i) => PACKETS / FLOWS + (i < 10 ? 100 : 0))
  t.same(Array.from(cells.subarray(at.counts, at.counts + FLOWS)), each, 'with the packets of both times')
  t.equal(cells[at.wrong], 0)
})

t.test('tables that differ', async (t) => {
  const cells = shared(2)
  const refused: string[] = []
  const source = flowing(`
    const { cells } = context.data
    const { flows } = context
    const table = flows.shape('5tuple', { idleMs: 100, capacity: 1000 })
    flows.shape('src', { onFull: 'refuse' })
    table.onEnded((ended) => { cells[0] += ended.count })
    const equal = ['5tuple', { idleMs: 100, capacity: 1024 }]
    const TRIED = [
      [['dst'], ['src']],
      [['5tuple', { idleMs: 200, capacity: 1000 }], ['src']],
      [equal, ['src']],
      [equal, ['src', { onFull: 'refuse', tcp: 'watch' }]],
      [equal],
      [],
      [equal, ['src', { onFull: 'refuse' }], ['dst']],
      [equal, ['src', { onFull: 'refuse' }]],
    ]
    sender({ packets: 100, flows: 10 })
    let done = false
    context.onTurn(() => {
      if (done) return
      done = true
      for (const shapes of TRIED) {
        const handed = flows.handOver()
        try {
          for (const [shape, options] of shapes) handed.shape(shape, options).onEnded(() => { cells[1]++ })
          if (shapes !== TRIED.at(-1)) flows.takeOver(handed)
          parentPort.postMessage('')
        } catch ({ code, message }) { parentPort.postMessage(code + ' ' + message) }
      }
    })
    const drop = flows.action(DROP)
    return perPacket((packet) => table.add(packet, drop))
  `)
  const withPort = processor(t, `import { parentPort } from 'node:worker_threads'\n${source}`)
  const { plane } = await start(t, withPort, { open: WIRE, data: { cells } })
  plane.on('message', (message) => refused.push(String(message)))
  await whileRunning(plane, 'all were tried', () => refused.length === 8)
  t.match(refused, [
    /^ERR_FLOW_SHAPE shape of table 0 is 'dst', and was '5tuple'/,
    /^ERR_FLOW_SHAPE idleMs of table 0 is 200, and was 100/,
    /^ERR_FLOW_SHAPE onFull of table 1 is 'evict', and was 'refuse'/,
    /^ERR_FLOW_SHAPE tcp of table 1 is 'watch', and was 'blind'/,
    /^ERR_FLOW_SHAPE the factory has made 1 tables of flows, and there are 2/,
    /^ERR_FLOW_SHAPE the factory has made 0/,
    /^ERR_FLOW_SHAPE 'dst' would be table 2/,
    /^$/,
  ])
  await whileRunning(plane, 'the flows have ended', () => cells[0] >= 10)
  await finish(t, plane)
  t.equal(cells[1], 0, 'a factory that has not taken them over gets no records')
})

t.test('a second factory that takes no records', async (t) => {
  const cells = shared(3)
  const { plane } = await start(
    t,
    flowing(`
      const { cells } = context.data
      const table = context.flows.shape('5tuple', { idleMs: 0 })
      table.onEnded((ended) => { cells[0] += ended.count })
      const drop = context.flows.action(DROP)
      const flows = 40_000 // more than wait for their records to be taken
      sender({ packets: flows, flows, each: 32 })
      let heir
      context.onTurn(() => {
        if (heir === undefined && table.stats.entries === flows) {
          const handed = context.flows.handOver()
          heir = handed.shape('5tuple', { idleMs: 0 })
          context.flows.takeOver(handed)
          handed.invalidate()
        }
        if (heir !== undefined) { cells[1] = 1; cells[2] = heir.stats.entries }
      })
      return perPacket((packet) => table.add(packet, drop))
    `),
    { open: WIRE, data: { cells } },
  )
  await whileRunning(plane, 'its flows end all the same', () => cells[1] === 1 && cells[2] === 0)
  await finish(t, plane)
  t.equal(cells[0], 0)
})
