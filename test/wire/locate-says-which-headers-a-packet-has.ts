// Packets written byte by byte: locate() names their headers and where they begin, and the accessors read there.
import {
  type At,
  ethernet,
  ipv4 as ip4,
  ipv6 as ip6,
  is,
  locate,
  mpls,
  tcp,
  udp as u,
  vlan,
} from 'rxburst/wire'
import t from 'tap'
import { bytes, ipv4, ipv6, udp } from '../fixtures/wire.js'

const KINDS = Object.keys(Object.getPrototypeOf(is)) as (keyof typeof is)[]
const said = (at: At) => KINDS.filter((kind) => is[kind](at)).sort()
const MACS = '020000000002 020000000001'
const TCP = '0050 01bb 00000001 00000002 5012 1000 0000 0000'
/** A packet with something put in front of its EtherType. */
const behind = (front: string, packet: Uint8Array) =>
  bytes(`${MACS} ${front} ${Buffer.from(packet.subarray(12)).toString('hex')}`)

const IP = (packet: Uint8Array) => Buffer.from(packet.subarray(14)).toString('hex')
const CASES: [string, Uint8Array, string[]][] = [
  ['IPv4, UDP', ipv4(17, udp(53, '6162')), ['ipv4', 'udp', 'whole']],
  ['IPv4, UDP without payload', ipv4(17, udp(53, '')), ['ipv4', 'udp', 'whole']],
  ['IPv4, TCP', ipv4(6, TCP), ['ipv4', 'tcp', 'whole']],
  ['IPv4 with options', ipv4(17, udp(53, '6162'), '94040000 01010100'), ['ipv4', 'udp', 'whole']],
  ['IPv4 with 40 bytes of options', ipv4(6, TCP, '01'.repeat(40)), ['ipv4', 'tcp', 'whole']],
  ['IPv4, ICMP', ipv4(1, '0800 0000 0001 0002'), ['icmp', 'ipv4', 'whole']],
  ['IPv4, SCTP', ipv4(132, '0001 0002 00000003 00000004'), ['ipv4', 'sctp', 'whole']],
  ['IPv4, GRE', ipv4(47, '0000 0800'), ['gre', 'ipv4', 'whole']],
  ['IPv4 in IPv4', ipv4(4, IP(ipv4(17, udp(1, '')))), ['ipInIp', 'ipv4', 'whole']],
  ['IPv4, a protocol without accessors', ipv4(89, '00'.repeat(20)), ['ipv4', 'whole']],
  ['IPv6, UDP', ipv6(17, udp(53, '6162')), ['ipv6', 'udp', 'whole']],
  ['IPv6, TCP', ipv6(6, TCP), ['ipv6', 'tcp', 'whole']],
  ['IPv6, ICMPv6', ipv6(58, '8000 0000 0001 0002'), ['icmpv6', 'ipv6', 'whole']],
  [
    'IPv6 with extension headers',
    ipv6(0, `3c00 0100 0000 0000 1100 0100 0000 0000 ${udp(53, '')}`),
    ['ipv6', 'udp', 'whole'],
  ],
  ['IPv6, nothing behind', ipv6(59, ''), ['ipv6', 'whole']],
  [
    'IPv6, an authentication header',
    ipv6(51, `1101 0000 00000000 00000000 ${udp(53, '')}`),
    ['ipv6', 'udp', 'whole'],
  ],
  [
    'IPv4, an authentication header',
    ipv4(51, `1101 0000 00000000 00000000 ${udp(53, '')}`),
    ['ipv4', 'udp', 'whole'],
  ],
  ['one VLAN tag', behind('8100 2007', ipv4(17, udp(53, ''))), ['ipv4', 'udp', 'vlan', 'whole']],
  [
    'a VLAN tag of the type before 802.1ad',
    behind('9100 0007', ipv4(17, udp(53, ''))),
    ['ipv4', 'udp', 'vlan', 'whole'],
  ],
  ['QinQ', behind('88a8 0001 8100 0002', ipv6(6, TCP)), ['ipv6', 'tcp', 'vlan', 'whole']],
  [
    'MPLS, two labels',
    bytes(`${MACS} 8847 00010040 00011140 ${IP(ipv4(17, udp(53, '')))}`),
    ['ipv4', 'mpls', 'udp', 'whole'],
  ],
  [
    'MPLS and IPv6',
    bytes(`${MACS} 8847 00010140 ${IP(ipv6(17, udp(53, '')))}`),
    ['ipv6', 'mpls', 'udp', 'whole'],
  ],
  ['ARP', bytes(`${MACS} 0806 0001 0800 0604 0001 ${'00'.repeat(20)}`), ['arp', 'whole']],
  ['ARP of another network', bytes(`${MACS} 0806 0006 0800 0604 0001 ${'00'.repeat(20)}`), ['whole']],
  ['an EtherType without accessors', bytes(`${MACS} 88cc ${'00'.repeat(46)}`), ['whole']],
  [
    'padding behind the datagram',
    bytes(`${Buffer.from(ipv4(17, udp(53, ''))).toString('hex')}${'00'.repeat(18)}`),
    ['ipv4', 'udp', 'whole'],
  ],
]

for (const [what, packet, kinds] of CASES)
  t.test(what, async (t) => {
    const at = locate(packet)
    t.equal(at, at | 0, 'one number of 32 bits')
    t.same(said(at), kinds)
    t.equal(ethernet.source(packet, at), 0x020000000001, 'Ethernet is found again from it')
    if (is.ipv4(at)) t.equal(ip4.destination(packet, at), 0x0a4d0002)
    if (is.ipv6(at)) t.equal(ip6.destination(packet, at, 3), 2)
    if (is.udp(at)) t.equal(u.destinationPort(packet, at), 53)
    if (is.tcp(at))
      t.same(
        [tcp.sourcePort(packet, at), tcp.destinationPort(packet, at), tcp.flags(packet, at)],
        [80, 443, 0x12],
      )
  })

t.test('tags and labels by their number', async (t) => {
  const tagged = behind('88a8 6001 8100 0002', ipv4(17, udp(53, '')))
  const at = locate(tagged)
  t.same(
    [0, 1, 2].map((n) => vlan.identifier(tagged, at, n)),
    [1, 2, 0],
    'the outermost is 0; 0 for one that is not there',
  )
  t.equal(vlan.priority(tagged, at), 3)
  const labelled = bytes(`${MACS} 8100 0007 8847 00010040 00011140 ${IP(ipv4(17, udp(53, '')))}`)
  const labels = locate(labelled)
  t.same(
    [0, 1, 2, -1].map((n) => mpls.label(labelled, labels, n)),
    [16, 17, 0, 0],
  )
  t.equal(vlan.identifier(labelled, labels), 7)
  t.equal(ethernet.destination(labelled), 0x020000000002, 'Ethernet needs no number')
})

t.test('fragments', async (t) => {
  const fragment = (field: string, packet = ipv4(17, udp(53, '00'.repeat(8)))) => {
    packet.set(bytes(field), 20)
    return said(locate(packet))
  }
  t.same(fragment('4000'), ['ipv4', 'udp', 'whole'], 'do not fragment is no fragment')
  t.same(fragment('2000'), ['firstFragment', 'fragment', 'ipv4', 'udp', 'whole'], 'the first has the ports')
  t.same(fragment('2001'), ['fragment', 'ipv4', 'laterFragment', 'whole'], 'a later one has none')
  t.same(fragment('0001'), ['fragment', 'ipv4', 'laterFragment', 'whole'], 'the last one neither')
  const of6 = (field: string) => said(locate(ipv6(44, `1100 ${field} 00000001 ${udp(53, '')}`)))
  t.same(of6('0001'), ['firstFragment', 'fragment', 'ipv6', 'udp', 'whole'])
  t.same(of6('0009'), ['fragment', 'ipv6', 'laterFragment', 'whole'])
  t.same(of6('0000'), ['ipv6', 'udp', 'whole'], 'an atomic fragment (RFC 6946) is a whole packet')
  const long = ipv4(17, '0001 0035 2000 0000')
  long.set([0x20, 0], 20)
  t.ok(is.whole(locate(long)), 'a first fragment may have the length of the whole datagram')
})
