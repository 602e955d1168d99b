// Columns of an afxdp: port take another XDP program: only while a data plane runs that asked for some.
import { execFileSync } from 'node:child_process'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { frame, opened, record, sendFrames } from '../fixtures/columns.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'

const skip = inNamespaceOfItsOwn() && process.geteuid?.() === 0 ? false : 'network namespaces take root'
const FLOWS = 64 // so many that both queues get some
const frames = Array.from({ length: FLOWS }, (_, i) => frame(1000 + i))

/** A sum over the instructions of the program on the interface. */
function program(): string {
  const { id } = native.nic.xdpAttached(ENDS[1])!
  return JSON.parse(execFileSync('bpftool', ['-j', 'prog', 'show', 'id', String(id)], { encoding: 'utf8' }))
    .tag
}

for (const options of [{ takeAll: true }, { steer: 'udp' }])
  t.test(JSON.stringify(options), { skip }, async (t) => {
    const port = await opened(t, `afxdp:${ENDS[1]}`, options)
    const [first, second] = port.queues

    const plain = await record(t, port, [], [first])
    const usual = program()
    const asking = await record(t, port, ['hash'], [second])
    t.not(program(), usual, 'a second data plane that asks for some changes it')
    sendFrames(ENDS[0], frames)
    const received = [await plain.received(1), await asking.received(1)]
    t.ok(received[0].every(({ hash }) => hash === 0))
    t.ok(received[1].every(({ hash }) => hash !== 0))
    await asking.stop()
    await plain.stop()

    const again = await record(t, port, [])
    t.equal(program(), usual, 'and the next that asks for none has the first program again')
    await again.stop()
  })
