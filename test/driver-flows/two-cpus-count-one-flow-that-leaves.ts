// Two CPUs that rewrite and send packets of the same flows count each of them once, with its bytes.
import t from 'tap'
import { KINDS, packetOf, randomOf, seedOfRun } from '../fixtures/flows/actions.js'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { whileRunning } from '../fixtures/traffic/flows.js'
import { twoWires } from '../fixtures/traffic/two-wires.js'

const r = randomOf(seedOfRun)
const frames = KINDS.filter(({ layer4, tagged }) => layer4 !== 'icmp' && !tagged).map((kind) =>
  packetOf(r, kind),
)
const EACH = 10_000

// The kernel hands the generator's frames round as it has left them: without tags, and the steps write what is no key.
const source = `
  import { perPacket, setMac, snat, tx } from 'rxburst'
  export default (context) => {
    const { cells } = context.data
    const table = context.flows.shape('dst', { idleMs: 0, layer: 'xdp' })
    const action = context.flows.action(setMac({ src: '02:00:00:00:00:07' }), snat({ port: 4321 }), tx(1))
    table.onEnded((ended) => {
      for (let i = 0; i < ended.count; i++) {
        cells[1] += ended.packets[i]
        cells[2] += ended.bytes[i]
        cells[3]++
      }
    })
    context.onTurn(() => { cells[0] = table.stats.xdp })
    return perPacket((packet) => table.add(packet, action))
  }`

t.test('two CPUs', { skip: noLab }, async (t) => {
  t.testdir({})
  const { input, output, send } = twoWires(t, { queues: 2 })
  const cells = shared(4)
  const { plane } = await start(t, processor(t, source), {
    open: [input, output].map(({ near }) => [`afxdp:${near}`, { takeAll: true }]),
    data: { cells },
  })
  await send(frames)
  await whileRunning(plane, 'all are in the driver', () => cells[0] === frames.length)
  const [one, other] = [frames, frames.map((frame) => Uint8Array.from(frame))]
  await Promise.all(
    [one, other].map((all, cpu) => send(all, { times: EACH, cpu, packetsPerSecond: 100_000 })),
  )
  const { rx } = await finish(t, plane)
  t.equal(rx.packets, frames.length, 'none of them came to the worker')
  t.equal(cells[3], frames.length)
  t.equal(cells[1], frames.length * (1 + 2 * EACH), 'every packet was counted once')
  const bytes = frames.reduce((sum, { length }) => sum + length, 0)
  t.equal(cells[2], bytes * (1 + 2 * EACH), 'with its bytes')
})
