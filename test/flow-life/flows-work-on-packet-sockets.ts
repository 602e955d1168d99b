// Flows on a `packet:` port, which lends its memory: steps that grow a packet and packets that are sent on are copied,
// and each flow has all its packets.
import { execFileSync } from 'node:child_process'
import { open, type Port } from 'rxburst'
import t from 'tap'
import { noLab } from '../fixtures/lab.js'
import { finish, shared, start } from '../fixtures/plane.js'
import { FIRST_PORT, FRAME_BYTES, wire } from '../fixtures/traffic/driver.js'
import { flowing, whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 30
const EACH = 100
const at = { wrong: 0, out: 1, bytes: 2, counts: 10 }

// A third of the flows is dropped, a third is sent on with another address, and a third with a tag.
const source = flowing(`
  const { cells, at, first, flows } = context.data
  const table = context.flows.shape('5tuple', { idleMs: 0 })
  const actions = [[DROP], [dnat({ ip: '203.0.113.9' }), tx(1)], [vlanPush(7), tx(1)]].map((steps) => context.flows.action(...steps))
  table.onEnded((ended) => {
    for (let i = 0; i < ended.count; i++) {
      const { sourcePort, port } = ended.key(i)
      if (port !== 0) cells[at.wrong]++
      cells[at.counts + sourcePort - first] += ended.packets[i]
      cells[at.bytes] += ended.bytes[i]
    }
  })
  return perPacket((packet) => {
    if (packet.port === 2) {
      const found = locate(packet)
      const kind = (udp.sourcePort(packet, found) - first) % 3
      const right = kind === 1
        ? packet.length === ${FRAME_BYTES} && ipv4.destination(packet, found) === 0xcb007109
        : kind === 2 && packet.length === ${FRAME_BYTES + 4} && packet.u32(12) === 0x81000007
      if (!right || !is.udp(found)) cells[at.wrong]++
      cells[at.out]++
      return DROP
    }
    const found = locate(packet)
    if (!is.udp(found) || ipv4.source(packet, found) !== 0xc6120701) return DROP // the kernel's own
    return table.add(packet, actions[(udp.sourcePort(packet, found) - first) % 3])
  })
`)

t.test('packet:', { skip: noLab }, async (t) => {
  const { near, send } = wire(t)
  execFileSync('ethtool', ['-K', near, 'gro', 'on']) // else a veth without an XDP program drops what the generator sends
  const cells = shared(at.counts + FLOWS)
  const ports: Port[] = []
  for (const name of [`packet:${near}`, 'loop:ya,peer=yb', 'loop:yb,peer=ya']) ports.push(await open(name))
  const workers = [
    { queues: ports.flatMap(({ queues }) => queues), data: { cells, at, first: FIRST_PORT, flows: FLOWS } },
  ]
  const { plane } = await start(t, source, { open: [], ports, workers })
  await send({ packets: FLOWS * EACH, flows: FLOWS, packetsPerSecond: 20_000 })
  const out = (FLOWS / 3) * 2 * EACH
  await whileRunning(plane, 'all were sent on', () => cells[at.out] === out)
  const stats = await finish(t, plane)
  for (const port of ports) await port.close()
  t.equal(cells[at.wrong], 0, 'each was changed as its action says')
  t.same([...cells.subarray(at.counts)], Array(FLOWS).fill(EACH), 'each flow has all its packets')
  t.equal(cells[at.bytes], FLOWS * EACH * FRAME_BYTES, 'and their bytes, as they were received')
  t.ok(stats.copied >= out, `${stats.copied} packets were copied`)
  t.ok(stats.hits.packets > FLOWS * (EACH - 10), `${stats.hits.packets} were executed below`)
  t.equal(stats.hits.packets + stats.shown.packets, stats.rx.packets)
  t.equal(stats.rejected.packets, 0)
})
