// Files of the writer, as tshark, capinfos, editcap, tcpdump and scapy read them.
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openCapture } from '../../dist/lib/pcap/reader.js'
import { CaptureWriter } from '../../dist/lib/pcap/writer.js'
import { output, tshark } from '../fixtures/captures.js'

const folder = t.testdir({})
const START = 1_700_000_000_123_456_789n
// Raw IPv4 and Ethernet: both readable by everybody.
const ip = Uint8Array.from(Buffer.from('4500001c000100004011f96bc0000201c0000202003500350008d5c5', 'hex'))
const ethernet = Uint8Array.from(Buffer.concat([Buffer.from('0200000000010200000000020800', 'hex'), ip]))
const stamps = Array.from({ length: 50 }, (_, i) => START + BigInt(i) * 999_999_999n)
const text = (time: bigint) => `${time / 1_000_000_000n}.${String(time % 1_000_000_000n).padStart(9, '0')}`

async function write(name: string, format: 'pcap' | 'pcapng', linkTypes: number[]) {
  const file = join(folder, name)
  const interfaces = linkTypes.map((linkType, i) => ({ linkType, snapLength: 2000, name: `port ${i}` }))
  const writer = new CaptureWriter(createWriteStream(file), { format, interfaces })
  for (const [i, time] of stamps.entries()) {
    const on = i % linkTypes.length
    await writer.write({ bytes: linkTypes[on] === 1 ? ethernet : ip, time, interface: on, length: 100 })
  }
  await writer.end()
  return file
}

for (const [name, format, linkTypes] of [
  ['one.pcap', 'pcap', [1]],
  ['one.pcapng', 'pcapng', [1]],
  ['two.pcapng', 'pcapng', [1, 101]],
] as const)
  t.test(name, async (t) => {
    const file = await write(name, format, [...linkTypes])
    t.same(
      tshark(file, 'frame.time_epoch', 'ip.src', 'frame.len', 'udp.dstport'),
      stamps.map((time) => [text(time), '192.0.2.1', '100', '53']),
      'tshark',
    )
    t.match(output('capinfos', ['-c', '-M', file]), /Number of packets: +50/)
    output('editcap', ['-F', 'pcapng', file, join(folder, `again-${name}`)])
    if (linkTypes.length === 1) {
      t.match(output('tcpdump', ['-n', '-r', file, '-c', '1']), /192\.0\.2\.1\.53 > 192\.0\.2\.2\.53/)
      const program = 'import sys\nfrom scapy.utils import rdpcap\nprint(len(rdpcap(sys.argv[1])))'
      t.equal(output('/usr/bin/python3', ['-', file], program).trim(), '50', 'scapy')
    }
    const found = []
    for await (const packet of openCapture(file)) found.push(packet)
    t.same(
      found.map(({ time }) => time),
      stamps,
      'and we',
    )
    if (format === 'pcapng') t.equal(found.at(-1)?.interface.name, `port ${(50 - 1) % linkTypes.length}`)
  })

t.test('a file of one interface has no second one', async (t) => {
  const stream = createWriteStream(join(folder, 'wrong.pcap'))
  t.teardown(() => stream.destroy())
  const interfaces = [1, 2].map(() => ({ linkType: 1, snapLength: 0 }))
  t.throws(() => new CaptureWriter(stream, { format: 'pcap', interfaces }), { code: 'ERR_BAD_OPTION' })
  const writer = new CaptureWriter(stream, { format: 'pcap', interfaces: interfaces.slice(1) })
  await t.rejects(writer.write({ bytes: ip, time: 0n, interface: 1 }), { code: 'ERR_BAD_ARGUMENT' })
})
