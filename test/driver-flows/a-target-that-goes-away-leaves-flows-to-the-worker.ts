// When the port that flows are redirected to loses its interface, their packets come to the worker again, and none is
// lost below it.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { KINDS, packetOf, randomOf, seedOfRun } from '../fixtures/flows/actions.js'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { whileRunning } from '../fixtures/traffic/flows.js'
import { framesIn, twoWires } from '../fixtures/traffic/two-wires.js'

const frame = packetOf(randomOf(seedOfRun), KINDS[0])
const MANY = 50

const source = `
  import { perPacket, setMac, tx } from 'rxburst'
  export default (context) => {
    const { cells } = context.data
    const table = context.flows.shape('5tuple', { idleMs: 0, layer: 'xdp' })
    const action = context.flows.action(setMac({ dst: '02:00:00:00:00:07' }), tx(1))
    table.onEnded((ended) => { cells[1] += ended.packets[0] })
    context.onTurn(() => { cells[0] = table.stats.xdp })
    return perPacket((packet) => table.add(packet, action))
  }`

t.test('while the data plane waits for it', { skip: noLab }, async (t) => {
  t.testdir({})
  const { input, output, send, capture } = twoWires(t)
  const cells = shared(2)
  const { plane } = await start(t, processor(t, source), {
    open: [input, output].map(({ near }) => [`afxdp:${near}`, { takeAll: true, onLost: 'wait' }]),
    data: { cells },
  })
  const { file, stop } = await capture(output.far)
  await send([frame])
  await whileRunning(plane, 'it is in the driver', () => cells[0] === 1)
  await send([frame], { times: MANY })
  await whileRunning(plane, 'all have left', () => framesIn(file).length === 1 + MANY)
  t.equal(plane.snapshot().rx.packets, 1, 'by the driver')
  stop()
  execFileSync('ip', ['link', 'del', output.near])
  await send([frame], { times: MANY })
  await whileRunning(plane, 'they come to the worker', () => plane.snapshot().rx.packets === 1 + MANY)
  const stats = await finish(t, plane)
  t.equal(
    stats.tx.packets + stats.rejected.packets + stats.dropped.packets,
    1 + MANY,
    'which says what becomes of them',
  )
  t.equal(cells[1], 1 + 2 * MANY, 'and each was counted once')
})
