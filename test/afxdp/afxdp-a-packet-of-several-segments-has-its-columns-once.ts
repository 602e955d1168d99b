// Of a packet of several segments the first entry has the columns; those that go on with it say none.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { frame, opened, record, sendFrames } from '../fixtures/columns.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'

const skip = inNamespaceOfItsOwn() && process.geteuid?.() === 0 ? false : 'network namespaces take root'
const NONE = { hash: 0, vlan: 0xffffffff, timestamp: 0 }
const [ROOM, SEGMENTS, PACKETS] = [1792, 3, 5]

t.test('jumbo packets', { skip }, async (t) => {
  for (const end of ENDS) execFileSync('ip', ['link', 'set', end, 'mtu', '9000'])
  const port = await opened(t, `afxdp:${ENDS[1]}`, { takeAll: true, segments: true })
  const run = await record(t, port, ['hash', 'vlan', 'timestamp'])
  const length = ROOM * (SEGMENTS - 1) + 100
  const packet = frame(1000, { tags: '81002007', length })
  packet.fill(Buffer.from('8100', 'hex'), 60) // what goes on with a packet looks tagged
  const packets = Array<Uint8Array>(PACKETS).fill(packet)
  sendFrames(ENDS[0], packets)
  const entries = await run.received(SEGMENTS * PACKETS)
  t.same(
    entries.map(({ length, more }) => [length, more]),
    packets.flatMap(() => [
      [ROOM - 4, 1],
      [ROOM, 1],
      [100, 0],
    ]),
  )
  for (const [i, entry] of entries.entries()) {
    t.match(entry, i % SEGMENTS ? NONE : { vlan: 0x2007 })
    if (i % SEGMENTS === 0) t.ok(entry.hash !== NONE.hash && entry.timestamp > 0)
  }
  await run.stop()
})
