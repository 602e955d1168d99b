// A flow in the driver's layer: its counters are those of both layers together, and every packet that was sent is in
// them once.
import t from 'tap'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { FIRST_PORT, FRAME_BYTES, wire } from '../fixtures/traffic/driver.js'
import { whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 40
const EACH = 500
const at = { xdp: FLOWS, found: FLOWS + 1, bytes: FLOWS + 2, wrong: FLOWS + 3, why: FLOWS + 4 }

const source = `
  import { DROP, FLOW, perPacket } from 'rxburst'
  export default (context) => {
    const { cells, flows, at, first } = context.data
    const table = context.flows.shape('5tuple', { idleMs: 0, layer: 'xdp' })
    const drop = context.flows.action(DROP)
    table.onEnded((ended) => {
      for (let i = 0; i < ended.count; i++) {
        const key = ended.key(i)
        if (ended.reason(i) !== 'closed' || key.destination !== '198.18.7.2') cells[at.wrong]++
        cells[key.sourcePort - first] += ended.packets[i]
        cells[at.bytes] += ended.bytes[i]
      }
    })
    context.onTurn(() => { cells[at.xdp] = table.stats.xdp })
    return perPacket((packet) => {
      table.add(packet, drop)
      const flow = table.find(packet)
      cells[at.found] = flow.packets
      if (flow.layer === 'worker' && flow.why !== 'pending') cells[at.wrong]++
      return FLOW
    })
  }`

for (const queues of [1, 2])
  t.test(`${queues} CPU${queues > 1 ? 's' : ''}`, { skip: noLab }, async (t) => {
    const { near, send } = wire(t, { queues })
    const cells = shared(FLOWS + 5)
    const { plane } = await start(t, processor(t, source), {
      open: [[`afxdp:${near}`, { takeAll: true }]],
      data: { cells, flows: FLOWS, at, first: FIRST_PORT },
    })
    const cpus = queues === 1 ? [-1] : [0, 1]
    const all = (packets: number) => Promise.all(cpus.map((cpu) => send({ packets, flows: FLOWS, cpu })))
    await all(FLOWS)
    await whileRunning(plane, 'all are in the driver', () => cells[at.xdp] === FLOWS)
    const before = plane.snapshot().rx.packets
    await all(FLOWS * EACH)
    const stats = await finish(t, plane)
    t.equal(stats.rx.packets, before, 'none of them came to the worker')
    const sent = cpus.length * (EACH + 1)
    t.same([...cells.subarray(0, FLOWS)], Array(FLOWS).fill(sent), 'each flow has all its packets')
    t.equal(cells[at.bytes], FLOWS * sent * FRAME_BYTES, 'and their bytes')
    t.equal(cells[at.wrong], 0)
  })
