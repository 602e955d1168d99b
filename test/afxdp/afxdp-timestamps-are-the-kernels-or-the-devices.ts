// The column `timestamp` of an afxdp: port lies between sending and seeing on the kernel's clock, under native and
// generic XDP; or it is the device's own, and none where that has stamped nothing.
import t from 'tap'
import { frame, opened, record, sendFrames } from '../fixtures/columns.js'
import { rejectsWith } from '../fixtures/errors.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'

const skip = inNamespaceOfItsOwn() && process.geteuid?.() === 0 ? false : 'network namespaces take root'
const now = () => Number(process.hrtime.bigint())
const name = `afxdp:${ENDS[1]}`

for (const [xdp, columns] of [
  ['native', ['hash', 'vlan', 'timestamp', 'checksum']],
  ['generic', ['timestamp', 'checksum']],
] as const)
  t.test(`the kernel's, ${xdp}`, { skip }, async (t) => {
    const port = await opened(t, name, { takeAll: true, xdp })
    t.match(port.capabilities, { columns, timestampClock: 'CLOCK_MONOTONIC' })
    t.equal(port.capabilities.columns.length, columns.length)
    const run = await record(t, port, ['timestamp'])
    t.equal(port.capabilities.xdp, xdp)
    for (let i = 0; i < 10; i++) {
      const since = now()
      sendFrames(ENDS[0], [frame(1000)])
      const { timestamp } = (await run.received(i + 1))[i]
      t.ok(since < timestamp && timestamp < now(), `${timestamp} is between`)
    }
    await run.stop()
  })

t.test("the device's, of one that stamps nothing", { skip }, async (t) => {
  const port = await opened(t, name, { takeAll: true, timestamps: 'device' })
  t.match(port.capabilities, { columns: ['hash', 'vlan', 'timestamp', 'checksum'], timestampClock: 'device' })
  const run = await record(t, port, ['timestamp', 'hash'])
  sendFrames(ENDS[0], [frame(1000), frame(1000)])
  for (const { timestamp, hash } of await run.received(2))
    t.match({ timestamp, none: hash === 0 }, { timestamp: 0, none: false })
  await run.stop()
})

t.test('where nobody could stamp', { skip }, async (t) => {
  const port = await opened(t, name, { takeAll: true, timestamps: 'device', xdp: 'generic' })
  t.match(port.capabilities, { columns: ['checksum'], timestampClock: '' })
  await rejectsWith(t, record(t, port, ['timestamp']), 'ERR_NOT_SUPPORTED', /it fills checksum/)
})
