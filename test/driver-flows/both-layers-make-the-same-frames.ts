// The same frames, with pass and steer rules, leave a worker's layer and the driver's with the same bytes in the same
// order, by the same ports; tcpdump -vv finds no fault in them. RXBURST_SEED repeats a run.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { KINDS, packetOf, randomOf, seedOfRun } from '../fixtures/flows/actions.js'
import { noLab } from '../fixtures/lab.js'
import { finish, processor, shared, start, until } from '../fixtures/plane.js'
import { whileRunning } from '../fixtures/traffic/flows.js'
import { framesIn, twoWires } from '../fixtures/traffic/two-wires.js'

const r = randomOf(seedOfRun)
const at = { seen: 0, xdp: 1, packets: 2, bytes: 3 }
/** IPv4 and IPv6, TCP, UDP with a checksum and without, ICMP, odd lengths, tagged and not; each a flow of its own. */
const frames = [1, 2].flatMap(() => KINDS.map((kind) => packetOf(r, kind)))
const PASSED = 4 // of them belong to the kernel by a rule
for (const [i, frame] of frames.entries()) {
  const four = frame[12] === 8 && frame[13] === 0
  if (four && i < 4) frame[15] = 0x28 // DSCP 10, and a checksum that is wrong now: the rule's
}
const passed = frames.filter((frame) => frame[12] === 8 && frame[13] === 0 && frame[15] === 0x28).length

// Back, or on to the other port, by what the packet is; the steps of both versions of IP.
const source = `
  import { dnat, FLOW, perPacket, setMac, snat, ttl, tx } from 'rxburst'
  import { is, locate } from 'rxburst/wire'
  export default (context) => {
    const { cells, at, layer } = context.data
    const table = context.flows.shape('src+dst', { idleMs: 0, layer, tcp: 'blind' })
    const [SRC, DST] = ['02:00:00:00:56:78', '02:00:00:00:12:34']
    const actions = [4, 6].map((version) => {
      const [near, far] = version === 4 ? ['192.0.2.7', '198.51.100.9'] : ['2001:db8::7', '2001:db8::9']
      return [
        [setMac({ src: SRC, dst: DST }), dnat({ ip: near }), ttl(), tx(1)],
        [setMac({ dst: DST }), snat({ ip: far }), tx(0)],
        [dnat({ ip: far }), setMac({ src: SRC }), tx(1)],
        [ttl(), tx(0)],
        [tx(1)],
      ].map((steps) => context.flows.action(...steps))
    })
    table.onEnded((ended) => {
      for (let i = 0; i < ended.count; i++) {
        cells[at.packets] += ended.packets[i]
        cells[at.bytes] += ended.bytes[i]
      }
    })
    context.onTurn(() => { cells[at.xdp] = table.stats.xdp })
    return perPacket((packet) => {
      const six = is.ipv6(locate(packet))
      return table.add(packet, actions[+six][cells[at.seen]++ % 5])
    })
  }`

const FAULT = /(?<![:\w])bad (?!udp cksum 0x0000)|wrong|incorrect|truncated|\[\||invalid|length mismatch/i
const texts = (file: string) =>
  execFileSync('tcpdump', ['-vv', '-e', '-nn', '-r', file], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .split('\n')
    .filter((line) => FAULT.test(line))

t.test(`rewrites, seed ${seedOfRun}`, { skip: noLab }, async (t) => {
  t.testdir({})
  const results: Record<string, unknown>[] = []
  for (const layer of ['worker', 'xdp']) {
    const { input, output, send, capture } = twoWires(t)
    const cells = shared(4)
    const { plane, opened } = await start(t, processor(t, source), {
      open: [
        [`afxdp:${input.near}`, { steer: 'ip or ip6 or ether[12:2] = 0x8100', pass: 'ip[1] = 0x28' }],
        [`afxdp:${output.near}`, { takeAll: true }],
      ],
      data: { cells, at, layer },
    })
    const [back, on] = [await capture(input.far), await capture(output.far)]
    const taken = frames.length - passed
    const left = () => framesIn(back.file).length + framesIn(on.file).length
    await send(frames)
    await whileRunning(plane, 'the first of each were sent on', () => left() === taken)
    t.equal(cells[at.seen], taken, 'each is a flow')
    if (layer === 'xdp') await whileRunning(plane, 'all are in the driver', () => cells[at.xdp] === taken)
    for (let round = 0; round < 3; round++) {
      await send(frames)
      await whileRunning(plane, 'the others were', () => left() === taken * (2 + round))
    }
    const rules = opened[0].steer!.rules.map(({ expression, counters }) => ({ expression, ...counters }))
    const stats = await finish(t, plane)
    t.equal(stats.rx.packets, layer === 'xdp' ? taken : 4 * taken, `${layer} executed them`)
    await until('tcpdump has written all', () => left() === taken * 4)
    for (const { stop } of [back, on]) stop()
    t.same(texts(on.file), [], 'tcpdump finds no fault in what was sent on')
    t.same(texts(back.file), [], 'nor in what was sent back')
    results.push({
      back: framesIn(back.file),
      on: framesIn(on.file),
      ...{ rules, packets: cells[at.packets], bytes: cells[at.bytes] },
    })
  }
  const [worker, xdp] = results as { back: string[]; on: string[]; packets: number }[]
  t.ok(passed > 0 && passed <= PASSED, 'a rule leaves some to the kernel')
  t.equal(worker.packets, 4 * (frames.length - passed), 'every packet is counted')
  t.ok(worker.on.length > worker.back.length && worker.back.length > 0, 'both ports send')
  t.same(xdp, worker, 'frame for frame')
})
