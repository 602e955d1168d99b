// A flow ends when it is idle, old, removed, invalidated, closed by TCP or by the worker's end; each end makes one
// record, and none is lost.
import t from 'tap'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const REASONS = ['idle', 'hard', 'removed', 'evicted', 'fin', 'generation', 'closed', 'active']

/** Runs the body; cells 0 to 7 are records by reason, 8 to 15 their packets, 16 is for the body. */
const counting = (options: string, body: string) =>
  flowing(`
    const { cells } = context.data
    const table = context.flows.shape('5tuple', ${options})
    const drop = context.flows.action(DROP)
    const reasons = ${JSON.stringify(REASONS)}
    table.onEnded((ended) => {
      for (let i = 0; i < ended.count; i++) {
        const reason = reasons.indexOf(ended.reason(i))
        cells[reason]++
        cells[8 + reason] += ended.packets[i]
        if (ended.firstMs[i] > ended.lastMs[i] || Math.abs(Date.now() - ended.lastMs[i]) > 1e6) cells[17]++
      }
    })
    ${body}
  `)

const of = (cells: Int32Array, reason: string) => cells[REASONS.indexOf(reason)]
const packetsOf = (cells: Int32Array) => cells.subarray(8, 16).reduce((sum, n) => sum + n, 0)

t.test('idle and hard', async (t) => {
  for (const reason of ['idle', 'hard']) {
    const cells = shared(20)
    const options = reason === 'idle' ? '{ idleMs: 100 }' : '{ idleMs: 0, hardMs: 100 }'
    const { plane, opened } = await start(
      t,
      counting(options, 'sender({ packets: 1000, flows: 40 }); return perPacket((p) => table.add(p, drop))'),
      { open: WIRE, data: { cells } },
    )
    await whileRunning(plane, 'all ended', () => packetsOf(cells) === 1000)
    t.ok(of(cells, reason) >= 40, `${of(cells, reason)} ended by ${reason}`) // more where this machine paused
    const stats = await finish(t, plane)
    t.equal(of(cells, 'closed'), 0)
    t.equal(cells[17], 0, 'the times are times')
    t.equal(stats.rx.packets, 1000)
    for (const port of opened) await port.close()
  }
})

t.test('invalidate(): not one packet under the old decision', async (t) => {
  const cells = shared(20)
  const { plane } = await start(
    t,
    counting(
      '{ idleMs: 0 }',
      `
      let round = 0
      const roundOf = new Uint16Array(40100).fill(65535)
      sender({ packets: 40000, flows: 10, each: 8, before: (packet, at, number) => { roundOf[number] = round } })
      const rounds = [DROP, tx(2)].map((verdict) => context.flows.action(verdict))
      context.onTurn(() => {
        if (++cells[16] % 50 !== 0) return
        round++
        if (round % 4 < 2) context.flows.invalidate()
        else for (const action of rounds) action.invalidate()
      })
      return (burst) => {
        if (burst.port === 3) {
          // None that was sent in a round of DROP, but for those that were still on the wire when it ended.
          for (let i = 0; i < burst.count; i++) {
            const number = burst.at(i).u32(56)
            const sent = roundOf[number]
            if (number < 39900 && sent % 2 === 0 && roundOf[number + 64] === sent) cells[17] += 1000
          }
          cells[18] += burst.count
          burst.setAll(DROP)
          return
        }
        for (let i = 0; i < burst.count; i++) {
          const packet = burst.at(i)
          const found = table.find(packet)
          if (found !== null && found.packets > 2) cells[19]++ // another of the same burst
          burst.setVerdict(i, table.add(packet, rounds[round % 2]))
        }
      }`,
    ),
    { open: WIRE, data: { cells } },
  )
  await whileRunning(plane, 'all were received', () => plane.snapshot().rx.packets >= 40_000 + cells[18])
  const stats = await finish(t, plane)
  t.ok(of(cells, 'generation') > 100, `${of(cells, 'generation')} flows were made anew`)
  t.equal(packetsOf(cells), 40_000, 'ended and live flows together have counted every packet')
  t.equal(stats.tx.packets - 40_000, cells[18])
  t.equal(cells[19], 0, 'a flow of the generation before is found by nobody')
  t.equal(cells[17], 0, 'none was sent where the new decision is DROP')
})

t.test('remove(), set(), find() and FIN', async (t) => {
  const cells = shared(20)
  const { plane } = await start(
    t,
    counting(
      "{ idleMs: 0, tcp: 'watch' }",
      `
      const FIN = 1, ACK = 16
      const state = sender({
        packets: 3000, flows: 3, each: 4, path: 'ethernet/ipv4/tcp',
        before: (packet, at, number) => { packet.u8(47, number >= 2997 ? FIN | ACK : ACK) },
      })
      let seen = 0
      const changed = context.flows.action(tx(2))
      return perPacket((packet) => {
        if (packet.port === 3) { cells[18]++; return DROP }
        const found = table.find(packet)
        if (packet.u8(47) & FIN) {
          if (found === null || found.packets !== 1000 || found.bytes !== 64000) cells[19]++
          return DROP
        }
        if (found !== null && found.packets > 2) cells[19]++ // another of the same first burst
        if (++seen === 3) changed.set(DROP)
        return table.add(packet, changed)
      })`,
    ),
    { open: WIRE, data: { cells } },
  )
  await whileRunning(plane, 'FIN ended them', () => of(cells, 'fin') === 3)
  await finish(t, plane)
  t.equal(packetsOf(cells), 3000)
  t.ok(cells[18] < 20, 'set() changed the action of all')
  t.equal(cells[19], 0, 'a FIN is shown, and find() knows the flow and its counts')
})

t.test('more flows than records: a slow consumer loses nothing', async (t) => {
  const cells = shared(20)
  const { plane } = await start(
    t,
    counting(
      '{ idleMs: 0, capacity: 65536 }',
      `
      const flows = 60000
      const state = sender({ packets: flows, flows, each: 32 })
      context.onTurn(() => {
        if (state.sent === flows && table.stats.entries === flows && cells[16] === 0) {
          cells[16] = 1
          context.flows.invalidate()
        }
      })
      return perPacket((packet) => table.add(packet, drop))`,
    ),
    { open: WIRE, data: { cells } },
  )
  await whileRunning(plane, 'all ended', () => of(cells, 'generation') === 60_000)
  await finish(t, plane)
  t.equal(packetsOf(cells), 60_000)
})

t.test('the table is full', async (t) => {
  for (const onFull of ['evict', 'refuse']) {
    const cells = shared(20)
    const { plane, opened } = await start(
      t,
      counting(
        `{ idleMs: 0, capacity: 64, onFull: '${onFull}' }`,
        `
        sender({ packets: 6000, flows: 3000 })
        context.onTurn(() => { cells[18] = table.stats.refused; cells[19] = table.stats.entries })
        return perPacket((packet) => table.add(packet, drop))`,
      ),
      { open: WIRE, data: { cells } },
    )
    await whileRunning(plane, 'all were received', () => plane.snapshot().rx.packets === 6000)
    const stats = await finish(t, plane)
    t.equal(stats.dropped.packets, 6000, 'FLOW does what the action says, also without an entry')
    t.equal(cells[19], 64)
    if (onFull === 'evict') t.equal(packetsOf(cells), 6000, 'evicted flows have told their packets')
    else t.ok(cells[18] > 5000, `${cells[18]} flows were refused`)
    for (const port of opened) await port.close()
  }
})
