// A driver that answers none of XDP's questions fills no column but `checksum`, which is computed, and the port says
// so; one that has no answer for this packet leaves its columns empty, also in frames where earlier packets had some.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { frame, opened, record, sendFrames } from '../fixtures/columns.js'
import { rejectsWith } from '../fixtures/errors.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'

const skip = inNamespaceOfItsOwn() && process.geteuid?.() === 0 ? false : 'network namespaces take root'
const SOURCE_PORT = 34

t.test('of no packet', { skip }, async (t) => {
  execFileSync('sh', ['-c', 'ip tuntap add dev silent mode tap && ip link set silent up'])
  const port = await opened(t, 'afxdp:silent', { takeAll: true, xdp: 'native' })
  t.match(port.capabilities, { driver: 'tun', columns: ['checksum'], timestampClock: '' })
  for (const column of ['hash', 'vlan', 'timestamp'] as const)
    await rejectsWith(t, record(t, port, [column]), 'ERR_NOT_SUPPORTED', /it fills checksum/)
  const run = await record(t, port, [])
  t.equal(port.capabilities.xdp, 'native', 'without columns it is a port like any')
  await run.stop()
})

t.test('of this packet', { skip }, async (t) => {
  const COUNT = 20
  const port = await opened(t, `afxdp:${ENDS[1]}`, { takeAll: true })
  const run = await record(t, port, ['hash', 'vlan', 'timestamp'])
  sendFrames(ENDS[0], Array<Uint8Array>(COUNT).fill(frame(1000)))
  const known = await run.received(COUNT)
  t.ok(known.every(({ hash }) => hash !== 0))
  // What XDP redirects into a veth is no packet of the kernel's, so there is nothing to hash it by.
  const flood = new native.traffic.Generator({
    interface: ENDS[0],
    frame: frame(1000),
    portOffset: SOURCE_PORT,
    firstPort: 1000,
    flows: 1,
  })
  t.teardown(() => flood.close())
  t.equal(await flood.run({ packets: COUNT, packetsPerSecond: 0, milliseconds: 5000, cpu: -1 }), COUNT)
  const unknown = (await run.received(2 * COUNT)).slice(COUNT)
  t.ok(
    unknown.every(({ hash, vlan }) => hash === 0 && vlan === 0xffffffff),
    'no hash, no tag',
  )
  t.ok(
    unknown.every(({ timestamp }) => timestamp > 0),
    'the kernel has a clock for all',
  )
  await run.stop()
})
