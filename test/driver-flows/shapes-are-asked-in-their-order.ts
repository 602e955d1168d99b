// Several shapes in the driver: the first that has a flow of the packet decides, as in a worker, also where it leaves
// the flow to the worker.
import t from 'tap'
import { KINDS, packetOf, randomOf, seedOfRun } from '../fixtures/flows/actions.js'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { whileRunning } from '../fixtures/traffic/flows.js'
import { framesIn, twoWires } from '../fixtures/traffic/two-wires.js'

const r = randomOf(seedOfRun)
const FLOWS = 12
const EACH = 8
const SOURCE_PORT = 34
/** UDP from one address, whose source ports tell them apart. */
const frames = Array.from({ length: FLOWS }, (_, i) => {
  const frame = packetOf(r, KINDS[2]) // without a checksum
  frame.set([10, 0, 0, 1], 26)
  frame.set([10, 0, 0, 2], 30)
  frame.set([4, i], SOURCE_PORT)
  return frame
})
const at = { seen: FLOWS, first: FLOWS + 1, third: FLOWS + 2, last: FLOWS + 3 }

// The third shape drops all of that source. Before it, some are sent on, and some are sent on by what only a worker
// can.
const source = (layer: string) => `
  import { DROP, meter, perPacket, tx } from 'rxburst'
  export default (context) => {
    const { cells, at } = context.data
    const options = { idleMs: 0, layer: '${layer}' }
    const tables = ['5tuple', 'dst+port', 'src'].map((shape) => context.flows.shape(shape, options))
    const [drop, on] = [context.flows.action(DROP), context.flows.action(tx(1))]
    const metered = context.flows.action(meter({ pps: 1e9, burst: 1e6 }), tx(1))
    for (const [number, table] of tables.entries())
      table.onEnded((ended) => {
        for (let i = 0; i < ended.count; i++)
          if (number === 0) cells[ended.key(i).sourcePort & 0xff] += ended.packets[i]
          else if (number === 2) cells[at.third] += ended.packets[i]
      })
    context.onTurn(() => {
      cells[at.first] = tables[0].stats.xdp
      cells[at.last] = tables[2].stats.xdp
    })
    return perPacket((packet) => {
      cells[at.seen]++
      const flow = packet.u8(${SOURCE_PORT + 1})
      if (flow >= 8) return tables[2].add(packet, drop)
      return tables[0].add(packet, flow & 1 ? metered : on)
    })
  }`

t.test('three shapes', { skip: noLab }, async (t) => {
  t.testdir({})
  const results: unknown[] = []
  for (const layer of ['worker', 'xdp']) {
    const { input, output, send, capture } = twoWires(t)
    const cells = shared(FLOWS + 4)
    const { plane } = await start(t, processor(t, source(layer)), {
      open: [input, output].map(({ near }) => [`afxdp:${near}`, { takeAll: true }]),
      data: { cells, at },
    })
    const { file, stop } = await capture(output.far)
    const left = () => framesIn(file).length
    for (const frame of frames) await send([frame]) // those of the last shape come last
    await whileRunning(plane, 'each was decided once', () => left() === 8 && cells[at.seen] >= 9)
    if (layer === 'xdp')
      await whileRunning(
        plane,
        'what can is in the driver',
        () => cells[at.first] === 4 && cells[at.last] === 1,
      )
    for (let round = 0; round < EACH; round++) {
      await send(frames)
      await whileRunning(plane, 'eight are sent on', () => left() === 8 * (2 + round))
    }
    const { rx } = await finish(t, plane)
    // Packets of the last shape came while its flow went down.
    const [least, most] =
      layer === 'xdp' ? [9 + 4 * EACH, FLOWS + 4 * EACH] : [FLOWS * (1 + EACH), FLOWS * (1 + EACH)]
    t.ok(rx.packets >= least && rx.packets <= most, `${layer}: the worker has the rest, ${rx.packets}`)
    stop()
    results.push({
      left: framesIn(file).sort(),
      flows: [...cells.subarray(0, FLOWS)],
      dropped: cells[at.third],
    })
  }
  t.same((results[0] as { flows: number[] }).flows, [...Array(8).fill(1 + EACH), ...Array(4).fill(0)])
  t.same(results[1], results[0], 'both layers do the same')
})
