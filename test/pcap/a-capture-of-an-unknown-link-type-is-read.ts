// A file of a link type that nobody has given a name is read like any other; of its packets two fields are known.
import t from 'tap'
import { dissect } from '../../dist/lib/dissect/dissect.js'
import { PACKET_MAX } from '../../dist/lib/pcap/packet.js'
import { description, enhanced, parse, pcapFile, section } from '../fixtures/captures.js'

const order = { little: true }
const sizes = [0, 1, PACKET_MAX]
const packets = sizes.map((size) => ({ bytes: new Uint8Array(size).fill(0x45), time: 1n }))

for (const linkType of [285, 65_535])
  for (const [format, file] of [
    ['pcap', pcapFile(order, packets, { linkType })],
    [
      'pcapng',
      Buffer.concat([
        section(order),
        description(order, linkType),
        ...packets.map(({ bytes }) => enhanced(order, 0, 1n, bytes)),
      ]),
    ],
  ] as const)
    t.test(
      `${format} of link type ${linkType}: nothing, one byte, and as many as there may be`,
      async (t) => {
        const { packets, error } = parse(file)
        t.equal(error, undefined)
        t.same(
          packets.map(({ bytes }) => bytes.length),
          sizes,
        )
        for (const [i, packet] of packets.entries())
          t.same(Object.fromEntries(dissect(packet).fields), { 'frame.number': i + 1, 'frame.encap_type': 0 })
      },
    )
