// The driver sends the flows of a program without privilege out of another interface that was granted to it too.

import { fileURLToPath } from 'node:url'
import t from 'tap'
import { KINDS, packetOf, randomOf, seedOfRun } from '../fixtures/flows/actions.js'
import { grant, xdpOf } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'
import { processor, until } from '../fixtures/plane.js'
import { framesIn, twoWires } from '../fixtures/traffic/two-wires.js'

const MANY = 50
const MAC = '020000000007'
const frame = packetOf(randomOf(seedOfRun), KINDS[0])
const program = fileURLToPath(new URL('../fixtures/grant/granted-redirect.mjs', import.meta.url))

const source = `
  import { perPacket, setMac, tx } from 'rxburst'
  export default (context) => {
    const { cells } = context.data
    const table = context.flows.shape('5tuple', { idleMs: 0, layer: 'xdp' })
    const action = context.flows.action(setMac({ dst: '02:00:00:00:00:07' }), tx(1))
    table.onEnded((ended) => { for (let i = 0; i < ended.count; i++) cells[1] += ended.packets[i] })
    context.onTurn(() => { cells[0] = table.stats.xdp })
    return perPacket((packet) => table.add(packet, action))
  }`

t.test('under a grant of both', { skip: noLab }, async (t) => {
  t.testdir({})
  const { input, output, send, capture } = twoWires(t)
  const child = grant(t, input.near, [output.near, '--take-all', '--user', 'nobody'], {
    program: [
      process.execPath,
      program,
      processor(t, source).href,
      ...[input, output].map(({ near }) => `afxdp:${near}`),
    ],
  })
  t.not((await child.heard()).uid, 0, 'it has no privilege')
  const count = async () => {
    child.stdin!.write('count\n')
    return (await child.heard()) as { xdp: number; rx: number }
  }
  const { file, stop } = await capture(output.far)
  await send([frame])
  await until('the flow is in the driver', async () => (await count()).xdp === 1)
  await send([frame], { times: MANY })
  await until('all have left', () => framesIn(file).length >= 1 + MANY)
  stop()
  child.stdin!.write('close\n')
  const { packets, rx, audit } = await child.heard()
  t.equal(rx, 1, 'it had the first packet, and the driver sent the others')
  t.same([...new Set(framesIn(file).map((hex) => hex.slice(0, 12)))], [MAC], 'all as the action says')
  t.equal(framesIn(file).length, 1 + MANY)
  t.equal(packets, 1 + MANY, 'the flow has counted them')
  t.ok(audit)
  await child.gone
  for (const { near } of [input, output]) t.equal(xdpOf(near), undefined, 'and nothing stays')
})
