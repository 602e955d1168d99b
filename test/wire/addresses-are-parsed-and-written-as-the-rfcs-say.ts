// IPv4, IPv6 (RFC 4291 in, RFC 5952 out), MACs and prefixes: text to numbers and back; wrong text is ERR_BAD_ADDRESS,
// with an example.
import net from 'node:net'
import fc from 'fast-check'
import {
  formatIp,
  formatIpv4,
  formatIpv6,
  formatMac,
  formatPrefix,
  inPrefix,
  ipv6 as ip6,
  locate,
  parseIp,
  parseIpv4,
  parseIpv6,
  parseMac,
  parsePrefix,
} from 'rxburst/wire'
import t from 'tap'
import { ipv6, udp } from '../fixtures/wire.js'

const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 1_000_000)
const refused = (what: () => unknown) => {
  try {
    what()
    return 'taken'
  } catch (error) {
    return (error as { code?: string }).code
  }
}

t.test('IPv4', async (t) => {
  t.equal(parseIpv4('10.0.0.1'), 0x0a000001)
  t.equal(parseIpv4('255.255.255.255'), 0xffffffff)
  t.equal(formatIpv4(0xc0a80101), '192.168.1.1')
  for (const text of [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '1..2.3',
    '1.2.3.',
    'a.b.c.d',
  ])
    t.equal(
      refused(() => parseIpv4(text)),
      'ERR_BAD_ADDRESS',
      JSON.stringify(text),
    )
  t.equal(
    refused(() => parseIpv4(undefined as unknown as string)),
    'ERR_BAD_ADDRESS',
  )
  fc.assert(
    fc.property(fc.ipV4(), (text) => formatIp(parseIp(text)) === text),
    { seed },
  )
})

t.test('IPv6', async (t) => {
  const SAME = [
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    'fe80::1:2:3:4',
    '2001:db8:0:1:1:1:1:1',
    '1:2:3:4:5:6:7:8',
    '::ffff:10.0.0.1',
    '2001:0:0:1::1',
  ]
  for (const text of SAME) t.equal(formatIp(parseIpv6(text)), text)
  const OTHER: [string, string][] = [
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8::0001', '2001:db8::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['::10.0.0.1', '::a00:1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ]
  for (const [text, wanted] of OTHER) t.equal(formatIp(parseIpv6(text)), wanted, text)
  const WRONG = [
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'g::',
    '::1%eth0',
    '1:2:3:4:5:6:7:8::',
    '::1.2.3',
    '1.2.3.4::',
    '1.2.3.4',
    '::1.2.3.4:5',
    ' ::1',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::ffff:1.2.3.256',
    ':1:2:3:4:5:6:7:8',
  ]
  for (const text of WRONG)
    t.equal(
      refused(() => parseIpv6(text)),
      'ERR_BAD_ADDRESS',
      JSON.stringify(text),
    )
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const words = parseIpv6(text)
      const again = formatIpv6(words[0], words[1], words[2], words[3])
      const url = new URL(`http://[${text}]/`).hostname.slice(1, -1) // the URL standard writes addresses as RFC 5952 does, but for IPv4 inside
      return formatIp(parseIpv6(again)) === again && (again.includes('.') || again === url)
    }),
    { seed, numRuns: 1000 },
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdefg:.'), maxLength: 24 }), (text) => {
      const ours = refused(() => parseIp(text)) === 'taken'
      return ours === (net.isIP(text) !== 0)
    }),
    { seed, numRuns: 5000 },
  )
  const packet = ipv6(17, udp(1, ''))
  t.equal(formatIp(packet, ip6.sourcePlace(packet, locate(packet))), '2001:db8::1', 'out of a packet')
})

t.test('MACs', async (t) => {
  t.equal(parseMac('02:00:00:00:00:0a'), 0x02000000000a)
  t.equal(parseMac('FF-ff-FF-ff-FF-ff'), 0xffffffffffff)
  t.equal(parseMac(Uint8Array.of(2, 0, 0, 0, 0, 10)), 0x02000000000a)
  t.equal(formatMac(0x02000000000a), '02:00:00:00:00:0a')
  for (const wrong of [
    '',
    '2:0:0:0:0:a',
    '02:00:00:00:00',
    '02:00-00:00:00:00',
    '0200.0000.000a',
    [1, 2, 3],
    null,
  ])
    t.equal(
      refused(() => parseMac(wrong as string)),
      'ERR_BAD_ADDRESS',
      JSON.stringify(wrong),
    )
  fc.assert(
    fc.property(
      fc.nat(0xffffff),
      fc.nat(0xffffff),
      (a, b) => parseMac(formatMac(a * 2 ** 24 + b)) === a * 2 ** 24 + b,
    ),
    { seed },
  )
})

t.test('prefixes', async (t) => {
  for (const text of ['10.0.0.0/8', '0.0.0.0/0', '192.0.2.1/32', '2001:db8::/32', '::/0', '2001:db8::1/128'])
    t.equal(formatPrefix(parsePrefix(text)), text)
  t.equal(formatPrefix(parsePrefix('10.1.2.3')), '10.1.2.3/32')
  for (const wrong of [
    '10.0.0.0/33',
    '10.0.0.1/8',
    '10.0.0.0/',
    '10.0.0.0/08',
    '10.0.0.0/8/8',
    '/8',
    '::/129',
    '::1/64',
    'x/8',
  ])
    t.equal(
      refused(() => parsePrefix(wrong)),
      'ERR_BAD_ADDRESS',
      wrong,
    )
  t.match(
    t.throws(() => parsePrefix('10.1.0.0/8')),
    { message: /10\.0\.0\.0\/8/ },
    'the network is named',
  )
  const inside = (prefix: string, address: string) => inPrefix(parsePrefix(prefix), parseIp(address))
  t.ok(inside('10.0.0.0/8', '10.255.0.1'))
  t.notOk(inside('10.0.0.0/8', '11.0.0.1'))
  t.ok(inside('0.0.0.0/0', '255.1.1.1'))
  t.ok(inside('2001:db8::/33', '2001:db8:7fff::1'))
  t.notOk(inside('2001:db8::/33', '2001:db8:8000::1'))
  t.notOk(inside('::/0', '1.2.3.4'), 'another version')
})
