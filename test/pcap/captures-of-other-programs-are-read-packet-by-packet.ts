// What tcpdump, editcap, mergecap and scapy write is read: both byte orders, micro- and nanoseconds, several interfaces
// and link types.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openCapture } from '../../dist/lib/pcap/reader.js'
import { output, pcapFile, tshark } from '../fixtures/captures.js'

const folder = t.testdir({})
const at = (name: string) => join(folder, name)
const START = 1_700_000_000_123_456_789n
const packets = Array.from({ length: 100 }, (_, i) => ({
  bytes: new Uint8Array(60 + i * 7).map((_, j) => (i * 31 + j) & 0xff),
  time: START + BigInt(i) * 1_111_111_111n,
  length: 60 + i * 7 + (i % 3),
}))
writeFileSync(at('ours.pcap'), pcapFile({ little: true }, packets, { ns: true }))
writeFileSync(at('raw.pcap'), pcapFile({ little: true }, packets, { ns: true, linkType: 101 }))

output('editcap', ['-F', 'nsecpcap', at('ours.pcap'), at('editcap-ns.pcap')])
output('editcap', ['-F', 'pcap', at('ours.pcap'), at('editcap-us.pcap')])
output('editcap', ['-F', 'pcapng', at('ours.pcap'), at('editcap.pcapng')])
output('tcpdump', ['-r', at('ours.pcap'), '-w', at('tcpdump.pcap')])
output('mergecap', ['-a', '-w', at('mergecap.pcapng'), at('ours.pcap'), at('raw.pcap')])
const SCAPY = `
import sys
from scapy.utils import rdpcap, PcapWriter
packets = rdpcap(sys.argv[1])
for name, endianness, nano in (('scapy-big-us', '>', False), ('scapy-big-ns', '>', True), ('scapy-little-us', '<', False)):
    writer = PcapWriter(sys.argv[2] + '/' + name + '.pcap', endianness=endianness, nano=nano, linktype=1)
    for packet in packets: writer.write(packet)
    writer.close()
`
output('/usr/bin/python3', ['-', at('ours.pcap'), folder], SCAPY)
output('sh', ['-c', `gzip -c ${at('ours.pcap')} > ${at('packed.pcap.gz')}`])

async function read(name: string) {
  const found = []
  for await (const packet of openCapture(at(name))) found.push(packet)
  return found
}

/** The same by another reader, to compare with. */
const stamps = (name: string) =>
  tshark(at(name), 'frame.time_epoch', 'frame.encap_type').map(([time]) => time)
const text = (time: bigint) => `${time / 1_000_000_000n}.${String(time % 1_000_000_000n).padStart(9, '0')}`

for (const name of [
  'editcap-ns.pcap',
  'editcap-us.pcap',
  'editcap.pcapng',
  'tcpdump.pcap',
  'scapy-big-us.pcap',
  'scapy-big-ns.pcap',
  'scapy-little-us.pcap',
  'packed.pcap.gz',
])
  t.test(name, async (t) => {
    const found = await read(name)
    t.equal(found.length, packets.length)
    t.same(
      found.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
      packets.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
      'every byte',
    )
    t.same(
      found.map(({ number }) => number),
      packets.map((_, i) => i + 1),
    )
    if (!name.startsWith('scapy'))
      t.same(
        found.map(({ length }) => length),
        packets.map(({ length }) => length),
        'how long it was',
      )
    t.same(
      found.map(({ time }) => text(time!)),
      stamps(name),
      'times are those that tshark reads',
    )
    t.ok(found.every((packet) => packet.interface.linkType === 1))
  })

t.test('two link types in one file', async (t) => {
  const found = await read('mergecap.pcapng')
  t.same(
    found.map((packet) => packet.interface.linkType),
    [...packets.map(() => 1), ...packets.map(() => 101)],
  )
  t.same(
    found.map(({ time }) => time),
    [...packets, ...packets].map(({ time }) => time),
    'nanoseconds',
  )
})
