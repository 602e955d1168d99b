// `rxburst flows` shows a flow that the driver executes with the packets of both layers, of every worker of the port.
import { open } from 'rxburst'
import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { controlFolder } from '../fixtures/control.js'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { FRAME_BYTES, wire } from '../fixtures/traffic/driver.js'
import { whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 30
const EACH = 300

// Every third flow has an action that the driver does not execute.
const source = `
  import { DROP, meter, perPacket } from 'rxburst'
  export default (context) => {
    const { cells } = context.data
    const table = context.flows.shape('5tuple', { idleMs: 0, layer: 'xdp' })
    const drop = context.flows.action(DROP)
    const metered = context.flows.action(meter({ pps: 1e9, burst: 1e9 }), DROP)
    context.onTurn(() => { cells[context.index] = table.stats.xdp })
    return perPacket((packet) => table.add(packet, packet.u16(34) % 3 === 0 ? metered : drop))
  }`

t.test('two queues, two workers', { skip: noLab }, async (t) => {
  controlFolder(t)
  const { near, send } = wire(t, { queues: 2 })
  const port = await open(`afxdp:${near}`, { takeAll: true })
  const cells = shared(2)
  const workers = port.queues.map((queue) => ({ queues: [queue], data: { cells } }))
  const { plane } = await start(t, processor(t, source), { open: [], ports: [port], workers, name: 'fw' })
  const both = (packets: number) =>
    Promise.all([0, 1].map((cpu) => send({ packets, flows: FLOWS, cpu, packetsPerSecond: 20_000 })))
  await both(FLOWS)
  const below = (FLOWS / 3) * 2
  await whileRunning(plane, 'both have flows in the driver', () => cells[0] === below && cells[1] === below)
  await both(FLOWS * EACH)
  const rx = 2 * (FLOWS + (FLOWS / 3) * EACH)
  await whileRunning(plane, 'the worker had the others', () => plane.snapshot().rx.packets === rx)

  let packets = 0
  for await (const flow of plane.flows.list()) packets += flow.packets!
  t.equal(
    packets,
    2 * FLOWS * (EACH + 1),
    'the driver is asked for its counts, which the sweep adds once a second',
  )
  const { code, stdout, stderr } = await rxburst(t, 'flows', 'fw', '--json')
  t.equal(code, 0, stderr)
  const { flows } = JSON.parse(stdout)
  t.equal(flows.length, 2 * FLOWS)
  for (const flow of flows) {
    const metered = flow.key.source_port % 3 === 0
    const { layer, why, packets, bytes, action } = flow
    const wanted = metered
      ? { layer: 'worker', why: 'action', action: 'meter(1000000000 pps, burst 1000000000), DROP' }
      : { layer: 'xdp', why: 'asked', action: 'DROP' }
    t.same(
      { layer, why, packets, bytes, action },
      { ...wanted, packets: EACH + 1, bytes: FRAME_BYTES * (EACH + 1) },
      `port ${flow.key.source_port} of worker ${flow.worker}`,
    )
  }
  await finish(t, plane)
  await port.close()
})
