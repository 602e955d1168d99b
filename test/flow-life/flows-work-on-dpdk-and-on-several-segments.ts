// Flows on `dpdk:` rings, and on packets of several segments: each is one packet of its flow with the bytes of all its
// segments, and steps act on the first one.
import { type AnyOptions, open, type Port } from 'rxburst'
import t, { type Test } from 'tap'
import { dpdkTest } from '../fixtures/dpdk.js'
import { finish, shared, start } from '../fixtures/plane.js'
import { flowing, whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 12
const EACH = 100
const LONG = 3000
const at = { wrong: 0, out: 1, bytes: 2, counts: 10 }

type Names = readonly [string, AnyOptions][]

// Even flows are sent on by another wire with another address and TTL, odd ones are dropped. Every third packet has
// three segments where \`long\` says so. Flow 0 is to be encapsulated, which no packet of several segments can be.
const source = flowing(`
  const { cells, at, flows, each, long } = context.data
  const table = context.flows.shape('5tuple', { idleMs: 0 })
  const forward = context.flows.action(snat({ ip: '203.0.113.9' }), ttl(), tx(2))
  const drop = context.flows.action(DROP)
  const tunnel = context.flows.action(encap(new Uint8Array(14)), tx(2))
  table.onEnded((ended) => {
    for (let i = 0; i < ended.count; i++) {
      cells[at.counts + ended.key(i).sourcePort - 1000] += ended.packets[i]
      cells[at.bytes] += ended.bytes[i]
    }
  })
  const short = template('ethernet/ipv4/udp', { ipv4: { source: '198.18.0.1', destination: '198.18.0.2' } }, 64)
  const first = template('ethernet/ipv4/udp', { ipv4: { source: '198.18.0.1', destination: '198.18.0.2' } }, 1000)
  let sent = 0
  context.onTurn(() => {
    for (let i = 0; i < 8 && sent < flows * each; i++) {
      const several = long && sent % 3 === 0
      const made = several ? first : short
      const packet = context.alloc(several ? 1000 : 64)
      if (packet === null) return
      made.put(packet)
      udp.setSourcePort(packet, made.at, 1000 + Math.floor(sent / each))
      if (several) for (let k = 0; k < 2; k++) packet.append(context.alloc(1000))
      packet.send(0)
      sent++
    }
  })
  return perPacket((packet) => {
    const found = locate(packet)
    if (packet.port === 3) {
      if (!is.udp(found)) {
        if (packet.length !== 64 + 14) cells[at.wrong]++
      } else {
        if (ipv4.source(packet, found) !== 0xcb007109 || ipv4.timeToLive(packet, found) !== 63) cells[at.wrong]++
        if (packet.totalLength !== (packet.segments === 3 ? ${LONG} : 64)) cells[at.wrong]++
      }
      cells[at.out]++
      return DROP
    }
    const flow = udp.sourcePort(packet, found) - 1000
    return table.add(packet, flow === 0 ? tunnel : flow % 2 === 0 ? forward : drop)
  })
`)

async function check(t: Test, names: Names, long: boolean) {
  const cells = shared(at.counts + FLOWS)
  const ports: Port[] = []
  for (const [name, options] of names) ports.push(await open(name, options))
  const data = { cells, at, flows: FLOWS, each: EACH, long }
  const workers = [{ queues: ports.flatMap(({ queues }) => queues), data }]
  const { plane } = await start(t, source, { open: [], ports, workers })
  const several = (n: number) => (long ? Math.ceil(n / 3) : 0)
  const out = (FLOWS / 2) * EACH - several(EACH)
  const rx = FLOWS * EACH + out
  await whileRunning(plane, 'all came out', () => plane.snapshot().rx.packets === rx)
  const stats = await finish(t, plane)
  for (const port of ports) await port.close()
  t.equal(cells[at.out], out)
  t.equal(cells[at.wrong], 0, 'each was changed as its action says')
  t.same([...cells.subarray(at.counts)], Array(FLOWS).fill(EACH), 'each flow has all its packets, each once')
  const longOnes = several(FLOWS * EACH)
  t.equal(cells[at.bytes], 64 * (FLOWS * EACH - longOnes) + LONG * longOnes, 'with the bytes of all segments')
  t.equal(stats.rejected.packets, several(EACH), 'encap() rejects packets of several segments')
  t.ok(stats.hits.packets > FLOWS * (EACH - 20), `${stats.hits.packets} were executed below`)
  t.equal(stats.hits.packets + stats.shown.packets, rx)
}

const wires = (kind: string, options: AnyOptions): Names =>
  [
    [0, 1],
    [1, 0],
    [2, 3],
    [3, 2],
  ].map(([own, peer]) => [`${kind}${own},peer=${kind.replace(/^\w+:/, '')}${peer}`, options] as const)

t.test('loop:, several segments', (t) => check(t, wires('loop:z', { segments: true }), true))
dpdkTest(t, 'dpdk:', (t) => check(t, wires('dpdk:net_ring', {}), false))
dpdkTest(t, 'dpdk:, several segments', (t) =>
  check(t, wires('dpdk:net_ring', { mtu: 9000, segments: true }), true),
)
