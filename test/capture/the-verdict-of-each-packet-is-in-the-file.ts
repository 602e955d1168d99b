// A handler decides by packet number, and the capture tells for each packet what was decided: to a program, and in a
// file that tshark reads.
import { join } from 'node:path'
import { type CaptureCounts, open, run, type TapPacket } from 'rxburst'
import t, { type Test } from 'tap'
import type { CaptureInterface } from '../../dist/lib/pcap/packet.js'
import { openCapture } from '../../dist/lib/pcap/reader.js'
import { expected, NUMBERED } from '../fixtures/capture/numbered.js'
import { output, tshark } from '../fixtures/captures.js'
import { processor, until } from '../fixtures/plane.js'

const PACKETS = 2000
// A quarter each is dropped at once, comes back twice, and is kept.
const RECEIVED = PACKETS + PACKETS / 2

async function plane(t: Test) {
  const ports = [await open('loop:a'), await open('loop:b')]
  const gate = new SharedArrayBuffer(4)
  const data = { packets: 0 }
  const source = NUMBERED.replace(
    'next < data.packets',
    'new Int32Array(data.gate)[0] && next < data.packets',
  )
  const running = await run(processor(t, source), {
    workers: [{ queues: ports.flatMap((port) => port.queues), data: { ...data, packets: PACKETS, gate } }],
    ports,
  })
  t.teardown(async () => {
    await running.stop()
    for (const port of ports) await port.close()
  })
  return {
    plane: running,
    go: async () => {
      Atomics.store(new Int32Array(gate), 0, 1)
      await until('every packet was received', () => running.snapshot().rx.packets >= RECEIVED)
      await until('and decided', () => running.snapshot().dropped.packets >= RECEIVED - PACKETS / 2)
    },
  }
}

function sums(t: Test, { points }: CaptureCounts) {
  for (const [name, { seen, accepted, captured, dropped, owned, written }] of Object.entries(points)) {
    t.equal(seen - owned, RECEIVED, `${name}: every packet that was received`)
    t.equal(captured + dropped, accepted, name)
    t.equal(written, captured, name)
  }
}

t.test('to a program', async (t) => {
  const { plane: running, go } = await plane(t)
  const capture = await running.capture()
  const packets: TapPacket[] = []
  const reading = (async () => {
    for await (const packet of capture) packets.push(packet)
  })()
  await go()
  const counts = await capture.stop()
  await reading
  sums(t, counts)
  t.equal(counts.dropped, 0)
  const wrong: unknown[] = []
  const entries = new Map(packets.filter(({ point }) => point === 'entry').map((each) => [each.id, each]))
  t.equal(entries.size, RECEIVED, 'each has a number of its own')
  for (const { point, bytes, verdict, xdpAction, id, port, length } of packets) {
    if (point === 'entry' || verdict.endsWith('owned')) continue
    const number = Buffer.from(bytes).readUInt32BE(14)
    const before = entries.get(id)!
    const wanted = expected(number, before.bytes[18])
    const same = wanted.verdict === verdict && wanted.xdpAction === xdpAction
    const right = same && bytes[18] === 1 && before.length === length && before.port === port
    if (!right) wrong.push({ number, verdict, xdpAction, wanted })
    if (!before.bytes.subarray(14, 18).every((byte, i) => byte === bytes[14 + i])) wrong.push({ id, number })
  }
  t.same(wrong, [])
  const owned = packets.filter(({ verdict }) => verdict.endsWith(', owned'))
  t.equal(owned.filter(({ verdict }) => verdict === 'tx(0), owned').length, PACKETS, 'those of alloc()')
  t.equal(owned.filter(({ verdict }) => verdict === 'drop, owned').length, PACKETS / 4, 'and those kept')
})

t.test('into a file', async (t) => {
  const { plane: running, go } = await plane(t)
  const file = join(t.testdir({}), 'verdicts.pcapng')
  const capture = await running.capture({ to: file, snaplen: 96 })
  await go()
  const counts = await capture.stop()
  sums(t, counts)
  const rows = tshark(
    file,
    'frame.packet_flags_direction',
    'frame.verdict.ebpf_xdp',
    'frame.comment',
    'frame.interface_name',
    'frame.len',
    'frame.cap_len',
  )
  t.equal(rows.length, counts.written)
  t.ok(rows.every(([, , , , length, captured]) => Number(captured) === Math.min(Number(length), 96)))
  const drops = rows.filter(([, xdp, comment]) => xdp === '1' && comment === 'drop').length
  t.equal(drops, PACKETS / 4 + PACKETS / 2, 'drops, as tshark counts them')
  t.equal(rows.filter(([, xdp, comment]) => xdp === '3' && comment === 'tx(0)').length, PACKETS / 4)
  t.equal(rows.filter(([, xdp, comment]) => xdp === '4' && comment === 'tx(1)').length, PACKETS / 4)
  t.equal(rows.filter(([, xdp, comment]) => xdp === '' && comment === 'keep').length, PACKETS / 4)
  t.ok(rows.some(([, , , name]) => name === 'loop:b queue 0'))
  t.match(output('capinfos', [file]), /Number of stat entries = 1/)
  output('editcap', ['-F', 'pcapng', file, `${file}.copy`])
  const interfaces = new Set<CaptureInterface>()
  for await (const packet of openCapture(file)) interfaces.add(packet.interface)
  const total = (name: 'received' | 'dropped' | 'accepted' | 'delivered') =>
    [...interfaces].reduce((sum, { statistics }) => sum + Number(statistics?.[name]), 0)
  t.equal(total('received'), counts.seen, 'the file has the counts')
  t.equal(total('dropped'), counts.dropped)
  t.equal(total('accepted'), counts.accepted)
  t.equal(total('delivered'), counts.written)
})
