// The same traffic, with pass and steer rules, gives the same result whether the worker or the driver executes the
// flows.
import { spawn } from 'node:child_process'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start, until } from '../fixtures/plane.js'
import { FIRST_PORT, FRAME_BYTES, wire } from '../fixtures/traffic/driver.js'
import { whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 40
const EACH = 50
const at = { xdp: FLOWS, seen: FLOWS + 1, lost: FLOWS + 2 }
const STEER = `udp src portrange ${FIRST_PORT}-${FIRST_PORT + 19}`
const PASS = `udp src port ${FIRST_PORT + 5} or udp src port ${FIRST_PORT + 30}`

// Even source ports are dropped, odd ones belong to the kernel.
const source = `
  import { DROP, FLOW, PASS, perPacket } from 'rxburst'
  import { locate, udp } from 'rxburst/wire'
  export default (context) => {
    const { cells, at, first, layer } = context.data
    const table = context.flows.shape('5tuple', { idleMs: 0, layer })
    const [drop, pass] = [context.flows.action(DROP), context.flows.action(PASS)]
    table.onEnded((ended) => {
      for (let i = 0; i < ended.count; i++) cells[ended.key(i).sourcePort - first] += ended.packets[i]
    })
    context.onTurn(() => { cells[at.xdp] = table.stats.xdp })
    return perPacket((packet) => {
      cells[at.seen]++
      return table.add(packet, udp.sourcePort(packet, locate(packet)) & 1 ? pass : drop)
    })
  }`

t.test('with rules', { skip: noLab }, async (t) => {
  const results: unknown[] = []
  for (const layer of ['worker', 'xdp']) {
    const { near, send } = wire(t)
    const cells = shared(FLOWS + 3)
    const { plane, opened } = await start(t, processor(t, source), {
      open: [[`afxdp:${near}`, { steer: STEER, pass: PASS }]],
      data: { cells, at, first: FIRST_PORT, layer },
    })
    const file = join(t.testdirName, `${layer}.pcap`)
    const flags = ['-U', '--immediate-mode', '-s', '128', '-B', '8192'] // room for every packet, in memory and at once in the file
    const tcpdump = spawn('tcpdump', ['-i', near, '-Q', 'in', ...flags, '-w', file, 'udp'])
    t.teardown(() => tcpdump.kill())
    let said = ''
    tcpdump.stderr.on('data', (text) => {
      said += text
    })
    await until('tcpdump listens', () => said.includes('listening'))
    const kernel = () => (statSync(file).size - 24) / (16 + FRAME_BYTES)
    await send({ packets: FLOWS, flows: FLOWS })
    const flows = 19 // of 20 steered ports one is passed
    await whileRunning(plane, 'the first packets were seen', () => cells[at.seen] === flows)
    if (layer === 'xdp') await whileRunning(plane, 'all are in the driver', () => cells[at.xdp] === flows)
    await send({ packets: FLOWS * EACH, flows: FLOWS })
    const odd = 9 // of those that are steered
    const left = FLOWS - flows + odd
    await whileRunning(plane, 'the kernel has its packets', () => kernel() === left * (EACH + 1))
    const rules = opened[0].steer!.rules.map(({ expression, counters }) => ({ expression, ...counters }))
    const stats = await finish(t, plane)
    tcpdump.kill()
    results.push({ flows: [...cells.subarray(0, FLOWS)], rules, kernel: kernel(), shown: cells[at.seen] })
    const executed = flows * EACH
    t.equal(stats.rx.packets, flows + (layer === 'xdp' ? 0 : executed), `${layer} executes them`)
    t.equal(cells[1], EACH + 1, 'all of a flow')
    t.equal(cells[5], 0, 'none of a flow that a rule leaves to the kernel')
  }
  t.same(results[1], results[0])
})
