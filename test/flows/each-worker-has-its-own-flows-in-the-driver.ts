// Two workers of one port, one table of the driver's: each executes, counts and forgets the flows that it made, and
// none of the other's.
import { open } from 'rxburst'
import t from 'tap'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start } from '../fixtures/plane.js'
import { FIRST_PORT, wire } from '../fixtures/traffic/driver.js'
import { whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 20
const EACH = 200
const WORDS = FLOWS + 2

// The first worker decides; the second one sees the same flows, and drops each packet itself.
const source = `
  import { DROP, perPacket } from 'rxburst'
  export default (context) => {
    const { cells, first, words, flows } = context.data
    const base = context.index * words
    const table = context.flows.shape('5tuple', { idleMs: 0, layer: 'xdp' })
    const drop = context.flows.action(DROP)
    table.onEnded((ended) => {
      for (let i = 0; i < ended.count; i++) cells[base + ended.key(i).sourcePort - first] += ended.packets[i]
    })
    context.onTurn(() => { cells[base + flows] = table.stats.xdp })
    return perPacket((packet) => {
      cells[base + flows + 1]++
      return context.index === 0 ? table.add(packet, drop) : DROP
    })
  }`

t.test('two workers', { skip: noLab }, async (t) => {
  const { near, send } = wire(t, { queues: 2 })
  const port = await open(`afxdp:${near}`, { takeAll: true })
  const cells = shared(2 * WORDS)
  const data = { cells, first: FIRST_PORT, words: WORDS, flows: FLOWS }
  const workers = port.queues.map((queue) => ({ queues: [queue], data }))
  const { plane } = await start(t, processor(t, source), { open: [], ports: [port], workers })
  const both = (packets: number) =>
    Promise.all([0, 1].map((cpu) => send({ packets, flows: FLOWS, cpu, packetsPerSecond: 20_000 })))
  await both(FLOWS)
  await whileRunning(plane, 'the first has its flows in the driver', () => cells[FLOWS] === FLOWS)
  await both(FLOWS * EACH)
  await whileRunning(plane, 'the second had all', () => cells[WORDS + FLOWS + 1] === FLOWS * (EACH + 1))
  await finish(t, plane)
  await port.close()
  t.same(
    [...cells.subarray(0, FLOWS)],
    Array(FLOWS).fill(EACH + 1),
    'the first counts what came to its queue',
  )
  t.equal(cells[FLOWS + 1], FLOWS, 'of which it saw the first packets alone')
  t.equal(cells[WORDS + FLOWS], 0, 'the second has no flow')
})
