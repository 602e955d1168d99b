// With layer: 'auto' a flow that leaves by a port goes to the driver from its SYN on, before it has a rate, or never:
// packets of it that wait in the socket's ring would be overtaken.
import t from 'tap'
import { KINDS, packetOf, randomOf, seedOfRun } from '../fixtures/flows/actions.js'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { whileRunning } from '../fixtures/traffic/flows.js'
import { framesIn, twoWires } from '../fixtures/traffic/two-wires.js'

const r = randomOf(seedOfRun)
const of = (layer4: string) =>
  packetOf(r, KINDS.find((kind) => kind.family === 4 && kind.layer4 === layer4 && !kind.tagged)!)
const FLAGS = 47
const [udp, tcp] = [of('udp'), of('tcp')]
const syn = Uint8Array.from(tcp)
syn[FLAGS] = 2
const MANY = 3000
const at = { xdp: 0, order: 1 }

const source = `
  import { perPacket, tx } from 'rxburst'
  export default (context) => {
    const { cells, at } = context.data
    const table = context.flows.shape('5tuple', { idleMs: 0, layer: 'auto', promoteAt: 10 })
    const action = context.flows.action(tx(1))
    context.onTurn(() => { cells[at.xdp] = table.stats.xdp })
    return perPacket((packet) => {
      const verdict = table.add(packet, action)
      if (table.find(packet).why === 'order') cells[at.order]++
      return verdict
    })
  }`

t.test('auto', { skip: noLab }, async (t) => {
  t.testdir({})
  const { input, output, send, capture } = twoWires(t)
  const cells = shared(2)
  const { plane } = await start(t, processor(t, source), {
    open: [input, output].map(({ near }) => [`afxdp:${near}`, { takeAll: true }]),
    data: { cells, at },
  })
  const { file, stop } = await capture(output.far)
  const left = () => framesIn(file).length
  await send([udp])
  await whileRunning(plane, 'the first has left', () => left() === 1)
  t.equal(cells[at.order], 1, 'a flow without a SYN says why it stays')
  for (let sent = 0; sent < MANY; sent += 100) await send([udp], { times: 100, packetsPerSecond: 2000 })
  await whileRunning(plane, 'all have left', () => left() === 1 + MANY)
  t.equal(cells[at.xdp], 0, 'whatever its rate is')
  await send([syn])
  await whileRunning(plane, 'the connection is in the driver at once', () => cells[at.xdp] === 1)
  const before = plane.snapshot().rx.packets
  await send([tcp], { times: 20 })
  await whileRunning(plane, 'its packets have left', () => left() === 2 + MANY + 20)
  t.equal(plane.snapshot().rx.packets, before, 'by the driver')
  await finish(t, plane)
  stop()
})
