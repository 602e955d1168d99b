// 100 000 flows are listed while packets come: each flow is there once, no packet is lost, and a worker gives a short
// time to each piece of the list.
import { open } from 'rxburst'
import t from 'tap'
import { LAST } from '../../dist/lib/flows/list.js'
import { rxburst } from '../fixtures/child.js'
import { connectRaw, controlFolder, socketsIn } from '../fixtures/control.js'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { wire } from '../fixtures/traffic/driver.js'
import { flowing, whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 100_000
const BUSY = 500 // flows of the traffic
const ROUNDS = Number(process.env.RXBURST_TEST_LISTS ?? 1)
const native = new URL('../../dist/lib/native.js', import.meta.url).href

// Half of the flows are of one destination port, half of another: there are fewer than 100 000 source ports.
const source = `
import { native } from '${native}'
${flowing(`
  const { cells, flows } = context.data
  const table = context.flows.shape('5tuple', { idleMs: 0, capacity: 131072 })
  const drop = context.flows.action(DROP)
  sender({ packets: flows, flows: flows / 2, each: 32, before: (packet, at, number) => {
    udp.setDestinationPort(packet, at, number < flows / 2 ? 7 : 8)
  } })
  const into = new Uint8Array(200_000)
  const order = (from) => native.workers.flows.list({ table: 0, from, byBytes: false, above: 1e300, into })
  context.onTurn(() => {
    cells[0] = table.stats.entries
    if (Atomics.load(cells, 1) !== 1) return
    // The pieces one after the other, with no row in them: only the time can end one.
    for (let from = 0; from !== ${LAST}; cells[2]++) {
      const piece = order(from)
      cells[3] += piece.live
      cells[4] = Math.max(cells[4], piece.live)
      cells[5] += piece.rows
      from = piece.next
    }
    Atomics.store(cells, 1, 2)
  })
  return perPacket((packet) => table.add(packet, drop))
`)}`

t.test('100 000 flows', { skip: noLab }, async (t) => {
  const folder = controlFolder(t)
  const { near, send } = wire(t)
  const ports = [await open('loop:fa,peer=fb'), await open('loop:fb,peer=fa')]
  ports.push(await open(`afxdp:${near}`, { takeAll: true }))
  const cells = shared(6)
  const workers = [{ queues: ports.flatMap(({ queues }) => queues), data: { cells, flows: FLOWS } }]
  const { plane } = await start(t, processor(t, source), { open: [], ports, workers, name: 'fw' })
  await whileRunning(plane, 'all are there', () => cells[0] === FLOWS)

  Atomics.store(cells, 1, 1)
  await whileRunning(plane, 'the worker has listed them itself', () => Atomics.load(cells, 1) === 2)
  t.equal(cells[3], FLOWS, 'the pieces have each flow once')
  t.ok(cells[4] < FLOWS / 2, `the longest of ${cells[2]} pieces is of ${cells[4]} flows: its time was over`)
  t.equal(cells[5], 0, 'flows that are not great enough have no row')

  // So many that the queue holds them: another program may have this CPU at any time.
  let sent = 0
  let over = false
  const received = () => plane.snapshot().ports.find(({ port }) => port === `afxdp:${near}`)!
  const traffic = (async () => {
    while (!over) {
      await send({ packets: 2 * BUSY, flows: BUSY, packetsPerSecond: 1_000_000 })
      sent += 2 * BUSY
      await whileRunning(plane, `${sent} packets came`, () => received().rx.packets === sent)
    }
  })()
  const before = performance.now()
  for (let round = 0; round < ROUNDS; round++) {
    const keys = new Set<string>()
    let listed = 0
    for await (const { key } of plane.flows.list()) {
      if (key.source !== '198.18.0.1') continue
      keys.add(`${key.sourcePort} ${key.destinationPort}`)
      listed++
    }
    t.equal(keys.size, FLOWS, 'each flow is there')
    t.equal(listed, FLOWS, 'once')
  }
  over = true
  await traffic
  t.comment(`${ROUNDS} lists in ${Math.round(performance.now() - before)} ms, beside ${sent} packets`)
  const { rx, lost } = received()
  t.equal(rx.packets, sent, `all of ${sent} packets came`)
  t.same(
    Object.values(lost).filter((n) => n > 0),
    [],
    'none was lost',
  )

  const top = await rxburst(t, 'flows', 'fw', '--json', '-n', `${BUSY}`)
  const { flows, total } = JSON.parse(top.stdout)
  t.equal(total, FLOWS + BUSY)
  t.same(
    flows.map(({ packets }: { packets: number }) => packets),
    Array(BUSY).fill(sent / BUSY),
    'those of the traffic are the greatest, and exact',
  )

  const raw = await connectRaw(t, socketsIn(folder)[0])
  const count = 20_000
  let next: unknown
  let answers = 0
  let rows = 0
  for (; next !== null; answers++) {
    const { answer } = await raw.ask(JSON.stringify({ v: 1, request: 'flows', count, next }))
    next = (answer as { next: unknown }).next
    const its = (answer as { flows: unknown[] }).flows.length
    rows += its
    if (its > 5100) t.fail(`an answer of ${its} flows`)
  }
  t.equal(rows, FLOWS + BUSY, `${answers} answers of bounded size have all`)
  raw.socket.destroy()
  await finish(t, plane)
  for (const port of ports) await port.close()
})
