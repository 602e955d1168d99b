// After invalidate() of flows or of an action, and after Action.set(), no packet meets the old decision in the driver.
import type { Stats } from 'rxburst'
import t from 'tap'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { wire } from '../fixtures/traffic/driver.js'
import { whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 40
const PACKETS = 4000
const at = { xdp: 0, order: 1, done: 2, records: 3, adds: 4 }
const ORDERS = ['', 'flows.invalidate()', 'Action.invalidate()', 'Action.set()']
/** Packets for which the socket had no room, on a machine with other work. */
const lost = (stats: Stats) => Object.values(stats.lost).reduce((sum, count) => sum + count, 0)

const source = `
  import { DROP, FLOW, SHOW, perPacket } from 'rxburst'
  export default (context) => {
    const { cells, at } = context.data
    const table = context.flows.shape('5tuple', { idleMs: 0, layer: 'xdp' })
    const action = context.flows.action(DROP)
    table.onEnded((ended) => {
      for (let i = 0; i < ended.count; i++) cells[at.records] += ended.packets[i]
    })
    context.onTurn(() => {
      cells[at.xdp] = table.stats.xdp
      if (cells[at.order] === cells[at.done]) return
      if (cells[at.order] === 1) context.flows.invalidate()
      if (cells[at.order] === 2) action.invalidate()
      if (cells[at.order] === 3) action.set(SHOW)
      cells[at.done] = cells[at.order]
    })
    return perPacket((packet) => {
      return cells[at.adds] ? table.add(packet, action) : DROP
    })
  }`

t.test('packets after it', { skip: noLab }, async (t) => {
  for (const order of [1, 2, 3]) {
    const { near, send } = wire(t)
    const cells = shared(5)
    const { plane } = await start(t, processor(t, source), {
      open: [[`afxdp:${near}`, { takeAll: true }]],
      data: { cells, at },
    })
    cells[at.adds] = 1
    await send({ packets: FLOWS, flows: FLOWS })
    await whileRunning(plane, 'all are in the driver', () => cells[at.xdp] === FLOWS)
    await send({ packets: PACKETS, flows: FLOWS })
    cells[at.adds] = 0
    t.equal(plane.snapshot().rx.packets, FLOWS, 'the driver has them')
    cells[at.order] = order
    await whileRunning(plane, 'it was done', () => cells[at.done] === order)
    await send({ packets: PACKETS, flows: FLOWS })
    const arrived = () => plane.snapshot().rx.packets + lost(plane.snapshot())
    await whileRunning(plane, 'all came', () => arrived() === FLOWS + PACKETS)
    const stats = await finish(t, plane)
    t.equal(
      stats.rx.packets + lost(stats),
      FLOWS + PACKETS,
      `${ORDERS[order]}: each packet behind it came to the socket`,
    )
    // With SHOW the flows live on, and count what they show.
    const shown = order === 3 ? PACKETS - lost(stats) : 0
    t.equal(cells[at.records], FLOWS + PACKETS + shown, 'and the flows have the others')
  }
})

t.test('while packets come', { skip: noLab }, async (t) => {
  const { near, send } = wire(t)
  const cells = shared(5)
  const { plane } = await start(t, processor(t, source), {
    open: [[`afxdp:${near}`, { takeAll: true }]],
    data: { cells, at },
  })
  cells[at.adds] = 1
  await send({ packets: FLOWS, flows: FLOWS })
  await whileRunning(plane, 'all are in the driver', () => cells[at.xdp] === FLOWS)
  const sending = send({ packets: 20 * PACKETS, flows: FLOWS })
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 15))
    cells[at.done] = 0
    cells[at.order] = 1 + (i & 1)
    await whileRunning(plane, 'it was done', () => cells[at.done] === cells[at.order])
  }
  await sending
  const stats = await finish(t, plane)
  t.equal(
    cells[at.records] + lost(stats),
    FLOWS + 20 * PACKETS,
    'every packet was counted in one flow, and in one layer',
  )
  t.ok(stats.rx.packets > FLOWS, `${stats.rx.packets} of them by the worker`)
})
