// `rxburst capture afxdp:IF` with --take-all or --steer: a port of the capture's own takes the packets that it writes,
// from the driver. It wants to be told which.
import { join } from 'node:path'
import { open, run } from 'rxburst'
import t from 'tap'
import { tshark } from '../fixtures/captures.js'
import { bin, start } from '../fixtures/child.js'
import { xdpOf } from '../fixtures/grant.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { processor } from '../fixtures/plane.js'

const skip = !inNamespaceOfItsOwn() && 'this machine gives no network namespace'
const TYPES = ['0x88b5', '0x88b6']

/** Sends packets of both types in turn, one a millisecond. */
const SENDER = `
  import { DROP } from 'rxburst'
  export default ({ alloc }) => {
    let n = 0
    const timer = setInterval(() => {
      const packet = alloc(60)
      packet?.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 0x88, 0xb5 + (n++ & 1)])
      packet?.send(0)
    }, 1)
    timer.unref()
    return (burst) => burst.setAll(DROP)
  }`

t.test('from the driver', { skip }, async (t) => {
  const [near, far] = ENDS
  const port = await open(`socket:${far}`, { queues: [0], takeAll: true })
  const plane = await run(processor(t, SENDER), { workers: [{ queues: port.queues }], control: false })
  t.teardown(async () => {
    await plane.stop()
    await port.close()
  })
  const capture = (...flags: string[]) =>
    start(t, process.execPath, [bin, 'capture', `afxdp:${near}`, ...flags]).ended
  const dir = t.testdir({})
  for (const { flags, types } of [
    { flags: ['--take-all'], types: TYPES },
    { flags: ['--steer', `ether proto ${TYPES[1]}`], types: [TYPES[1]] },
  ]) {
    const file = join(dir, `${flags[0].slice(2)}.pcapng`)
    const { code, stderr } = await capture('-c', '100', '-w', file, ...flags)
    t.equal(code, 0, stderr)
    t.match(stderr, /^100 packets captured$/m)
    const rows = tshark(file, 'eth.type', 'frame.interface_name').filter(
      ([type]) => types.length > 1 || TYPES.includes(type),
    )
    if (types.length === 1) t.equal(rows.length, 100)
    t.same([...new Set(rows.map(([type]) => type).filter((type) => TYPES.includes(type)))].sort(), types)
    t.match(rows[0][1], `afxdp:${near} queue`)
    t.equal(xdpOf(near), undefined, 'no program stays')
  }
  const { code, stderr } = await capture('-c', '1')
  t.equal(code, 1, stderr)
  t.match(stderr, /--take-all/)
})
