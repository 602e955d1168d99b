// rxburst grant gives a program without privilege maps of flows of its own in the driver; the ceiling holds for them
// too.

import { fileURLToPath } from 'node:url'
import t from 'tap'
import { grant, xdpOf } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'
import { processor, until } from '../fixtures/plane.js'
import { FIRST_PORT, wire } from '../fixtures/traffic/driver.js'

const GRANTED = 20
const FLOWS = 40 // of which half were granted
const EACH = 100
const program = fileURLToPath(new URL('../fixtures/grant/granted-flows.mjs', import.meta.url))

const source = `
  import { DROP, FLOW, perPacket } from 'rxburst'
  export default (context) => {
    const { cells, first } = context.data
    const table = context.flows.shape('5tuple', { idleMs: 0, layer: 'xdp' })
    const drop = context.flows.action(DROP)
    table.onEnded((ended) => {
      for (let i = 0; i < ended.count; i++) cells[2 + ended.key(i).sourcePort - first] += ended.packets[i]
    })
    context.onTurn(() => { cells[0] = table.stats.xdp })
    return perPacket((packet) => table.add(packet, drop))
  }`

t.test('under a grant', { skip: noLab }, async (t) => {
  const { near, send } = wire(t)
  const rule = `udp src portrange ${FIRST_PORT}-${FIRST_PORT + GRANTED - 1}`
  const child = grant(t, near, ['--steer', rule, '--user', 'nobody'], {
    program: [process.execPath, program, `afxdp:${near}`, processor(t, source).href, String(FIRST_PORT)],
  })
  t.not((await child.heard()).uid, 0, 'it has no privilege')
  const ask = async (line: string) => {
    child.stdin!.write(`${line}\n`)
    return (await child.heard()) as { xdp: number; rx: number }
  }
  for (let port = FIRST_PORT + GRANTED; port < FIRST_PORT + FLOWS; port++) await ask(`add ${port}`)
  await until('they are in the driver', async () => (await ask('count')).xdp === FLOWS - GRANTED)
  await send({ packets: FLOWS, flows: FLOWS })
  await until('all flows are in the driver', async () => (await ask('count')).xdp === FLOWS)
  await send({ packets: FLOWS * EACH, flows: FLOWS })
  child.stdin!.write('close\n')
  const { flows, rx, audit } = (await child.heard()) as { flows: number[]; rx: number; audit: boolean }
  t.equal(rx, GRANTED, 'it had the first packet of each flow, and the driver the others')
  t.same(flows.slice(0, GRANTED), Array(GRANTED).fill(EACH + 1), 'which are counted')
  t.same(flows.slice(GRANTED, FLOWS), Array(FLOWS - GRANTED).fill(0), 'flows beyond the grant get nothing')
  t.ok(audit)
  await child.gone
  t.equal(xdpOf(near), undefined, 'and nothing stays')
})
