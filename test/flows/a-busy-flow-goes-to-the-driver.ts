// layer: 'auto': a flow goes to the driver from `promoteAt` packets a second on, lives there while packets come, and
// ends when none come.
import t from 'tap'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { wire } from '../fixtures/traffic/driver.js'
import { whileRunning } from '../fixtures/traffic/flows.js'

const BUSY = 4000
const SLOW = 20
const at = { xdp: 0, most: 1, busy: 2, slow: 3, other: 4, idle: 5 }

const source = `
  import { DROP, perPacket } from 'rxburst'
  export default (context) => {
    const { cells, at } = context.data
    const table = context.flows.shape('5tuple', { idleMs: 2500, layer: 'auto', promoteAt: 300 })
    const drop = context.flows.action(DROP)
    table.onEnded((ended) => {
      for (let i = 0; i < ended.count; i++) {
        const { sourcePort } = ended.key(i)
        cells[sourcePort === 1000 ? at.busy : sourcePort === 2000 ? at.slow : at.other] += ended.packets[i]
        if (ended.reason(i) === 'idle') cells[at.idle]++
      }
    })
    context.onTurn(() => {
      cells[at.xdp] = table.stats.xdp
      if (cells[at.xdp] > cells[at.most]) cells[at.most] = cells[at.xdp]
    })
    return perPacket((packet) => table.add(packet, drop))
  }`

t.test('auto', { skip: noLab }, async (t) => {
  const { near, send } = wire(t)
  const cells = shared(6)
  const { plane } = await start(t, processor(t, source), {
    open: [[`afxdp:${near}`, { takeAll: true }]],
    data: { cells, at },
  })
  await Promise.all([
    send({ packets: BUSY, flows: 1, first: 1000, packetsPerSecond: 1000 }),
    send({ packets: SLOW, flows: 1, first: 2000, packetsPerSecond: SLOW / 4 }),
  ])
  await whileRunning(plane, 'both have ended', () => cells[at.idle] === 2)
  t.equal(cells[at.xdp], 0, 'nothing is in the driver any more')
  const stats = await finish(t, plane)
  t.equal(cells[at.most], 1, 'the busy flow went there alone')
  t.equal(cells[at.busy], BUSY, 'and has all its packets of both layers')
  t.equal(cells[at.slow], SLOW)
  t.ok(stats.rx.packets < BUSY, `the worker had ${stats.rx.packets} of ${BUSY + SLOW} packets`)
})
