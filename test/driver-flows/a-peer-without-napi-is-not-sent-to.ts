// Flows leave the driver by a veth only where its peer takes them: a probe frame tells. Where it does not, the worker
// executes them, and says why; in the kernel's generic hook there is no such trap.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { KINDS, packetOf, randomOf, seedOfRun } from '../fixtures/flows/actions.js'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { whileRunning } from '../fixtures/traffic/flows.js'
import { framesIn, twoWires } from '../fixtures/traffic/two-wires.js'

const WHYS = ['peer-without-napi', 'pending']
const frame = packetOf(randomOf(seedOfRun), KINDS[0])
const MANY = 50

const source = `
  import { perPacket, tx } from 'rxburst'
  export default (context) => {
    const { cells, port, whys } = context.data
    const table = context.flows.shape('5tuple', { idleMs: 0, layer: 'xdp' })
    const action = context.flows.action(tx(port))
    context.onTurn(() => { cells[0] = table.stats.xdp })
    return perPacket((packet) => {
      const verdict = table.add(packet, action)
      cells[1] = whys.indexOf(table.find(packet).why)
      return verdict
    })
  }`

for (const [name, { napi, port, xdp, inDriver }] of Object.entries({
  'back to a peer without': { napi: false, port: 0, xdp: 'native', inDriver: 0 },
  'on to a peer without': { napi: false, port: 1, xdp: 'native', inDriver: 0 },
  'back to a peer with NAPI': { napi: true, port: 0, xdp: 'native', inDriver: 1 },
  'back to a peer without, in the generic hook': { napi: false, port: 0, xdp: 'generic', inDriver: 1 },
} as const))
  t.test(name, { skip: noLab }, async (t) => {
    t.testdir({})
    const { input, output, send, capture } = twoWires(t, { napi })
    // Frames from the far end's driver want NAPI at the near end, which has it where its driver runs XDP.
    if (xdp === 'generic') execFileSync('ethtool', ['-K', input.near, 'gro', 'on'])
    const cells = shared(2)
    const { plane } = await start(t, processor(t, source), {
      open: [
        [`afxdp:${input.near}`, { takeAll: true, xdp }],
        [`afxdp:${output.near}`, { takeAll: true, xdp }],
      ],
      data: { cells, port, whys: WHYS },
    })
    const { file, stop } = await capture([input.far, output.far][port])
    await send([frame])
    if (inDriver) await whileRunning(plane, 'it is in the driver', () => cells[0] === 1)
    await send([frame], { times: MANY })
    await whileRunning(plane, 'all have left', () => framesIn(file).length === 1 + MANY)
    t.equal(WHYS[cells[1]], inDriver ? 'pending' : 'peer-without-napi', 'the flow says why')
    const { rx } = await finish(t, plane)
    stop()
    t.equal(rx.packets, inDriver ? 1 : 1 + MANY, inDriver ? 'by the driver' : 'by the worker')
  })
