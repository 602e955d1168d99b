// inner() leads into VXLAN, GRE, GTP-U, Geneve and IP in IP; quoted() into the packet that an ICMP error quotes. The
// same accessors read there.
import {
  type At,
  ethernet,
  gre,
  greKey,
  inner,
  ipv4 as ip4,
  is,
  locate,
  quoted,
  udp as u,
  vlan,
  vxlan,
} from 'rxburst/wire'
import t from 'tap'
import { ipv4, ipv6, udp } from '../fixtures/wire.js'

const text = (packet: Uint8Array) => Buffer.from(packet).toString('hex')
const frame = ipv4(17, udp(53, '6162'))
frame.set([0xfe], 0)
const packet = text(frame.subarray(14))
const packet6 = text(ipv6(17, udp(53, '6162')).subarray(14))
const tagged = `${text(frame.subarray(0, 12))}8100000708 00${packet}`

const isInside = (t: Pick<typeof t0, 'equal' | 'ok'>, p: Uint8Array, at: At) => {
  t.ok(is.udp(at) && is.whole(at), 'UDP is inside')
  t.equal(u.destinationPort(p, at), 53)
}
const t0 = t

const TUNNELS: [string, Uint8Array, boolean][] = [
  ['VXLAN', ipv4(17, udp(4789, `08000000 00002a00 ${text(frame)}`)), true],
  ['VXLAN over IPv6', ipv6(17, udp(4789, `08000000 00002a00 ${text(frame)}`)), true],
  ['VXLAN of a tagged frame', ipv4(17, udp(4789, `08000000 00002a00 ${tagged}`)), true],
  ['GRE of IPv4', ipv4(47, `0000 0800 ${packet}`), false],
  ['GRE of IPv6', ipv4(47, `0000 86dd ${packet6}`), false],
  ['GRE with a key', ipv4(47, `2000 0800 0000002a ${packet}`), false],
  ['GRE with a sequence number', ipv4(47, `1000 0800 00000001 ${packet}`), false],
  ['GRE with a checksum', ipv4(47, `8000 0800 00000000 ${packet}`), false],
  [
    'GRE with checksum, key and sequence number',
    ipv4(47, `b000 0800 00000000 0000002a 00000001 ${packet}`),
    false,
  ],
  ['GRE of Ethernet', ipv4(47, `0000 6558 ${text(frame)}`), true],
  ['GRE of MPLS', ipv4(47, `0000 8847 00010140 ${packet}`), false],
  ['GTP-U', ipv4(17, udp(2152, `30ff 0000 00000001 ${packet}`)), false],
  ['GTP-U with a sequence number', ipv4(17, udp(2152, `32ff 0000 00000001 00010000 ${packet6}`)), false],
  [
    'GTP-U with extension headers',
    ipv4(17, udp(2152, `34ff 0000 00000001 00000085 01000085 0200000000000000 ${packet}`)),
    false,
  ],
  ['Geneve of Ethernet', ipv4(17, udp(6081, `0000 6558 00002a00 ${text(frame)}`)), true],
  ['Geneve with options', ipv4(17, udp(6081, `0200 0800 00002a00 0102800100000000 ${packet}`)), false],
  ['IPv4 in IPv4', ipv4(4, packet), false],
  ['IPv6 in IPv4', ipv4(41, packet6), false],
  ['IPv4 in IPv6', ipv6(4, packet), false],
]

for (const [what, outer, bridged] of TUNNELS)
  t.test(what, async (t) => {
    const at = locate(outer)
    t.ok(is.whole(at))
    const inside = inner(outer, at)
    isInside(t, outer, inside)
    t.equal(
      ethernet.destination(outer, inside),
      bridged ? 0xfe0000000002 : 0,
      'the inner Ethernet, where there is one',
    )
    t.equal(inner(outer, inside), 0, 'nothing is inside the inner one')
    const cut = outer.subarray(0, outer.length - 1)
    t.ok(is.cut(inner(cut, locate(cut))), 'one byte less, and the inner one is cut too')
  })

t.test('fields of tunnels', async (t) => {
  const [, overlay] = TUNNELS[0]
  t.equal(vxlan.networkIdentifier(overlay, locate(overlay)), 42)
  const [, keyed] = TUNNELS[5]
  const at = locate(keyed)
  t.equal(greKey.key(keyed, at, gre.keyPlace(keyed, at)), 42)
  const [, plain] = TUNNELS[3]
  t.equal(greKey.key(plain, locate(plain), gre.keyPlace(plain, locate(plain))), 0, 'no key reads as 0')
  const [, withTag] = TUNNELS[2]
  t.equal(vlan.identifier(withTag, inner(withTag, locate(withTag))), 7)
  t.equal(vlan.identifier(withTag, locate(withTag)), 0, 'the tag is not the outer one’s')
})

t.test('no tunnel, no inner headers', async (t) => {
  const none = [
    frame,
    ipv4(17, udp(4789, '08000000')),
    ipv4(17, udp(2152, '3001000000000001')),
    ipv4(47, '0000 1234 00'),
  ]
  for (const p of none) t.equal(inner(p, locate(p)), 0)
  const loop = ipv4(17, udp(2152, `34ff 0000 00000001 00000085 ${'00000085'.repeat(4)}`))
  t.equal(inner(loop, locate(loop)), 0, 'an extension header of no length ends the walk')
})

t.test('what an ICMP error quotes', async (t) => {
  const error = ipv4(1, `0303 0000 00000000 ${packet.slice(0, 56)}`)
  const at = quoted(error, locate(error))
  t.ok(is.cut(at) && is.udp(at), 'the ports are there, the payload is not')
  t.equal(u.destinationPort(error, at), 53)
  t.equal(ip4.source(error, at), 0x0a4d0001)
  const error6 = ipv6(58, `0100 0000 00000000 ${packet6}`)
  isInside(t, error6, quoted(error6, locate(error6)))
  const echo = ipv4(1, `0800 0000 00000000 ${packet}`)
  t.equal(quoted(echo, locate(echo)), 0, 'an echo request quotes nothing')
  const quotes = (make: typeof ipv4, protocol: number, most: number) =>
    Array.from({ length: most }, (_, type) => type).filter((type) => {
      const message = `${type.toString(16).padStart(2, '0')}00 0000 00000000 ${packet}`
      const one = make(protocol, message)
      return quoted(one, locate(one)) !== 0
    })
  t.same(quotes(ipv4, 1, 20), [3, 4, 5, 11, 12], 'RFC 792: five types are errors')
  t.same(quotes(ipv6, 58, 130), [1, 2, 3, 4], 'RFC 4443: four')
})
