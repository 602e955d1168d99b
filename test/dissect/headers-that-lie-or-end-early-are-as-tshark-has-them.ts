// Frames with headers that lie, end early or stand in odd places: every field that tshark shows, and no other.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { pcapFile } from '../fixtures/captures.js'
import { compare } from '../fixtures/wire/tshark-fields.js'

const MACS = '020000000002 020000000001'
const [A, B] = ['c0000201', 'c0000202']
const SIX = `${MACS} 86dd 60000000`
const ADDRESSES = `20010db8${'00'.repeat(11)}01 20010db8${'00'.repeat(11)}02`
const two = (n: number) => n.toString(16).padStart(4, '0')
const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const length = (hex: string) => bytes(hex).length

const ipv4 = (protocol: string, payload: string, options = '') => {
  const header = 20 + length(options)
  return `${MACS} 0800 4${(header / 4).toString(16)}00${two(header + length(payload))} 0001 0000 40${protocol} 0000 ${A} ${B} ${options} ${payload}`
}
const udp = (from: number, to: number, payload: string) =>
  ipv4('11', `${two(from)} ${two(to)} ${two(8 + length(payload))} 0000 ${payload}`)
const IP = ipv4('11', '04d2 04d3 0008 0000').slice(MACS.length + 6)
const dhcp = (options: string) =>
  `01010600 ${'00'.repeat(24)} 020000000001 ${'00'.repeat(202)} 63825363 ${options}`
const dns = (rest: string, counts = '0001 0000 0000 0000') => `1234 0100 ${counts} ${rest}`

const FRAMES: [what: string, hex: string, wire?: number][] = [
  [
    'an option of Geneve that overruns',
    udp(5000, 6081, `0200 6558 00000a00 0000 80 05 00000001 ${MACS} 0806`),
  ],
  ['options of Geneve that are not there', udp(5000, 6081, '3100 6558 00000b00 00000000')],
  ['a fragment header of IPv6 that ends early', `${SIX} 0007 2c 40 ${ADDRESSES} 11 00 0001 000000`],
  ['an IPv4 header behind the EtherType of IPv6', `${MACS} 86dd ${IP}`],
  [
    'an IPv6 header behind the EtherType of IPv4',
    `${MACS} 0800 60000000 0008 11 40 ${ADDRESSES} 04d2 04d3 0008 0000`,
  ],
  ['a quoted packet of version 6 in ICMP', ipv4('01', `0303 0000 00000000 60000000 0008 3b 40 ${ADDRESSES}`)],
  ['DHCP without its last fields', udp(68, 67, dhcp('').replaceAll(' ', '').slice(0, 72))],
  ['DHCP that ends in the name of the file', udp(68, 67, `${'aa'.repeat(209)}`)],
  ['DHCP that the snap length has cut', udp(68, 67, dhcp('ff')).replaceAll(' ', '').slice(0, 180), 300],
  [
    'DHCP without a cookie that the snap length has cut',
    udp(68, 67, '00'.repeat(400)).replaceAll(' ', '').slice(0, 180),
    500,
  ],
  ['a client identifier of another hardware', udp(68, 67, dhcp('3d07 25 020000000001 ff'))],
  ['a client identifier without hardware', udp(68, 67, dhcp('3d07 00 020000000001 ff'))],
  ['DNS whose counts end early', udp(5000, 53, '4691 0120 0001 0000 00')],
  ['a name that ends with an extended label', udp(5000, 53, dns('0667676f676c65 77636f6d 0000010001'))],
  ['a name that begins with one', udp(5000, 53, dns('56777061 250000010001'))],
  ['a name with a label of bits behind another', udp(5000, 53, dns('0161 4108ff 00 00010001'))],
  ['a question without its class', udp(5000, 53, dns('0161 00 0001'))],
  [
    'a metric of IPv6 without its bytes',
    `${SIX} 0018 3c 40 ${ADDRESSES} 3b02 0f00 ${'00'.repeat(10)} 1e00 ${'00'.repeat(8)}`,
  ],
  ['a name with a label of a kind that was never allotted', udp(5000, 53, dns('8001 00 00010001'))],
  ['a key in GRE of version 1 that is not PPTP', ipv4('2f', '3001 8879 00300000 00000000 ff03c021')],
  ['PPTP', ipv4('2f', '3001 880b 00040000 00000000 ff03c021')],
  ['VXLAN-GPE', udp(5000, 4790, `0c000001 ffffff00 ${IP}`)],
  [
    'MACsec that is not encrypted',
    `${MACS} 88e5 2000 00000044 020000000001 0001 0800 ${IP} ${'ab'.repeat(16)}`,
  ],
  [
    'MACsec without an identifier, of a short frame',
    `${MACS} 88e5 001e 00000044 0800 ${IP} ${'ab'.repeat(16)}`,
  ],
  ['MACsec that is encrypted', `${MACS} 88e5 2c00 00000044 020000000001 0001 0800 ${IP} ${'ab'.repeat(16)}`],
  [
    'IPv4 options that the snap length has cut',
    ipv4('11', '04d2 04d3 0008 0000', `8313 0f ${'07'.repeat(37)}`)
      .replaceAll(' ', '')
      .slice(0, 120),
    90,
  ],
  ['reserved labels of MPLS', `${MACS} 8847 00000040 0000e040 00000140 ${IP}`],
  ['UDP that ends in its ports', ipv4('11', '04d2')],
  ['TCP that ends in its ports', ipv4('06', '04d200')],
  ['a tunnel limit of IPv6 without its byte', `${SIX} 0010 3c 40 ${ADDRESSES} 3b00 0400 0000 0000`],
]

t.test('field by field', async (t) => {
  const file = join(t.testdir({}), 'frames.pcap')
  const packets = FRAMES.map(([, hex, length]) => ({ bytes: bytes(hex), time: 0n, length }))
  writeFileSync(file, pcapFile({ little: true }, packets))
  const { packets: compared, differences } = await compare(file)
  t.equal(compared, FRAMES.length)
  for (const [i, [what]] of FRAMES.entries())
    t.same(
      differences
        .filter(({ packet }) => packet === i + 1)
        .map(({ field, tshark, ours }) => ({ field, tshark, ours })),
      [],
      what,
    )
})

t.test('FDDI is what Wireshark calls it', async (t) => {
  const file = join(t.testdir({}), 'fddi.pcap')
  writeFileSync(file, pcapFile({ little: true }, [{ bytes: new Uint8Array(64), time: 0n }], { linkType: 10 }))
  const { packets, differences } = await compare(file)
  t.equal(packets, 1)
  t.same(
    differences.map(({ field }) => field),
    [],
  )
})
