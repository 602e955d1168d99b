// `rxburst capture packet:IF`: a port of the capture's own sees what comes in and what the machine sends, as tcpdump
// does.
import { join } from 'node:path'
import { open, run } from 'rxburst'
import t from 'tap'
import { tshark } from '../fixtures/captures.js'
import { bin, start } from '../fixtures/child.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { processor } from '../fixtures/plane.js'

const skip = !inNamespaceOfItsOwn() && 'this machine gives no network namespace'

/** Sends a packet every millisecond, of 60 bytes and that type. */
const SENDER = `
  import { DROP } from 'rxburst'
  export default ({ alloc, data }) => {
    const timer = setInterval(() => {
      const packet = alloc(60)
      packet?.set([255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, data.from, 0x88, data.type])
      packet?.send(0)
    }, 1)
    timer.unref()
    return (burst) => burst.setAll(DROP)
  }`

t.test('both directions', { skip }, async (t) => {
  const [near, far] = ENDS
  for (const [i, end] of [near, far].entries()) {
    const port = await open(`socket:${end}`, { queues: [0], takeAll: true })
    const plane = await run(processor(t, SENDER), {
      workers: [{ queues: port.queues, data: { from: i, type: 0xb5 + i } }],
      control: false,
    })
    t.teardown(async () => {
      await plane.stop()
      await port.close()
    })
  }
  const file = join(t.testdir({}), 'both.pcapng')
  const flags = ['-c', '200', '-w', file, '--filter', 'ether proto 0x88b5 or ether proto 0x88b6']
  const { code, stderr } = await start(t, process.execPath, [bin, 'capture', `packet:${near}`, ...flags])
    .ended
  t.equal(code, 0, stderr)
  t.match(stderr, /^200 packets captured$/m)
  const types = tshark(file, 'eth.type', 'frame.interface_name')
  t.equal(types.length, 200)
  for (const type of ['0x88b5', '0x88b6'])
    t.ok(
      types.some(([found]) => found === type),
      `${type}: sent by ${type === '0x88b5' ? 'the machine' : 'the other end'}`,
    )
  t.match(types[0][1], `packet:${near} queue`)

  const printed = start(t, process.execPath, [bin, 'capture', `packet:${near}`, '-e', '-t', '-c', '3'])
  const lines = await printed.ended
  t.equal(lines.code, 0, lines.stderr)
  t.match(lines.stdout, /^02:00:00:00:00:0[01] > ff:ff:ff:ff:ff:ff, ethertype 0x88b[56], length 60/)
  t.equal(lines.stdout.trim().split('\n').length, 3)
})
