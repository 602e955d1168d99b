// Every setter of a header that a checksum covers, with random values: the checksum is then the one that a full
// computation gives. RFC 1624, and the UDP zero rule of RFC 768.

import fc from 'fast-check'
import {
  changedBy16,
  changedBy32,
  checksum,
  type Field,
  HEADERS,
  type Header,
  headerChecksumOk,
  icmp,
  inner,
  ipv4 as ip4,
  ipv6 as ip6,
  is,
  locate,
  quoted,
  setChecksums,
  setTransportChecksum,
  transportChecksumOk,
  udp as u,
} from 'rxburst/wire'
import t from 'tap'
import { accessorsOf, asValue, ipv4, ipv6, sampleOf, udp } from '../fixtures/wire.js'

const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 1_000_000)
const NUM_RUNS = 30
// What these say decides where the checksum stands and over what it goes: after such a change a packet is another one.
const LAYOUT = new Set([
  'ipv4.version',
  'ipv4.headerLength',
  'ipv4.totalLength',
  'ipv4.protocol',
  'ipv4.flags',
  'ipv4.moreFragments',
  'ipv4.fragmentOffset',
  'ipv4.headerChecksum',
  'ipv6.version',
  'ipv6.payloadLength',
  'ipv6.nextHeader',
  'udp.length',
  'udp.checksum',
  'tcp.dataOffset',
  'tcp.checksum',
  'icmp.checksum',
  'icmpv6.checksum',
  'icmpv6.type',
  'icmpv6.code',
])
const covers = (header: Header, { name }: Field) =>
  (header.covered !== 'none' || header.name === 'ipv6') && !LAYOUT.has(`${header.name}.${name}`)

/** 16-bit words summed with their carries, over everything that counts: not rxburst's code. */
function independent(words: Uint8Array): number {
  let sum = 0n
  for (let i = 0; i < words.length; i += 2) sum += BigInt((words[i] << 8) | (words[i + 1] ?? 0))
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n)
  return Number(sum)
}

t.test(`each field, seed ${seed}`, async (t) => {
  let tried = 0
  for (const header of HEADERS)
    for (const field of header.fields.filter((field) => covers(header, field))) {
      const accessors = accessorsOf(header, field)
      fc.assert(
        fc.property(
          fc.uint8Array({ minLength: 120, maxLength: 120 }),
          fc.bigInt({ min: 0n, max: (1n << BigInt(field.width)) - 1n }),
          (noise, bits) => {
            const { packet, at, begin } = sampleOf(header)
            const from = header.start === 'place' || header.start === 'payload' ? begin : packet.length
            packet.set(noise.subarray(0, packet.length - from), from)
            setChecksums(packet, at)
            accessors.write(packet, at, begin, asValue(field, bits))
            if (is.ipv4(at) && !headerChecksumOk(packet, at)) return false
            return transportChecksumOk(packet, at)
          },
        ),
        { seed, numRuns: NUM_RUNS },
      )
      tried++
    }
  t.ok(tried > 150, `${tried} fields`)
})

t.test('whole checksums are those of another program', async (t) => {
  const data = fc.uint8Array({ minLength: 0, maxLength: 70 })
  fc.assert(
    fc.property(data, (bytes) => checksum(bytes, 0, bytes.length) === (~independent(bytes) & 0xffff)),
    { seed },
  )
  fc.assert(
    fc.property(data, fc.boolean(), (bytes, six) => {
      const payload = Buffer.from(bytes).toString('hex')
      const p = six ? ipv6(17, udp(53, payload)) : ipv4(17, udp(53, payload))
      setChecksums(p, locate(p))
      const segment = p.subarray(six ? 54 : 34)
      const pseudo = Uint8Array.of(...p.subarray(six ? 22 : 26, six ? 54 : 34), 0, segment.length, 0, 17)
      const odd = segment.length & 1 ? [0] : []
      return independent(Uint8Array.of(...segment, ...odd, ...pseudo)) === 0xffff
    }),
    { seed },
  )
  t.pass('RFC 1071, and both pseudo headers')
})

t.test('by the difference, and from the start', async (t) => {
  const words = fc.uint8Array({ minLength: 8, maxLength: 40 }).filter(({ length }) => length % 2 === 0)
  fc.assert(
    fc.property(words, fc.nat(0xffff), fc.nat(0xffffffff), (bytes, short, long) => {
      if (bytes.every((byte) => byte === 0)) return true // only zeros have the sum 0
      const view = new DataView(bytes.buffer, bytes.byteOffset)
      let sum = checksum(bytes, 0, bytes.length)
      sum = changedBy16(sum, view.getUint16(0), short)
      view.setUint16(0, short)
      sum = changedBy32(sum, view.getUint32(4), long)
      view.setUint32(4, long)
      return bytes.every((byte) => byte === 0) || sum === checksum(bytes, 0, bytes.length)
    }),
    { seed },
  )
  t.equal(changedBy16(0xdd2f, 0x5555, 0x3285), 0, 'the example of RFC 1624 section 4')
})

t.test('the zero rule of UDP', async (t) => {
  const p = ipv4(17, udp(53, '6162'))
  const at = locate(p)
  ip4.setDestination(p, at, 0x01020304)
  u.setSourcePort(p, at, 7)
  t.equal(u.checksum(p, at), 0, 'one that was never computed stays so')
  t.ok(transportChecksumOk(p, at), 'and is right over IPv4')
  setChecksums(p, at)
  t.not(u.checksum(p, at), 0)
  let zeros = 0
  for (let port = 0; port < 65536; port++) {
    u.setSourcePort(p, at, port)
    if (u.checksum(p, at) === 0xffff) zeros++
    if (u.checksum(p, at) === 0) t.fail(`port ${port}: a computed 0 is written as 0`)
  }
  t.ok(zeros >= 1, 'it is written as 0xffff')
  const six = ipv6(17, udp(53, '6162'))
  t.notOk(transportChecksumOk(six, locate(six)), 'over IPv6 none is wrong (RFC 8200 section 8.1)')
})

t.test('an ICMP message of zeros', async (t) => {
  const zeros = ipv4(1, '0000 0000 0000 0000 00000000')
  const at = locate(zeros)
  setChecksums(zeros, at)
  t.equal(icmp.checksum(zeros, at), 0xffff, 'RFC 1071')
  for (const value of [1, 0x8000, 0xffff]) {
    icmp.setIdentifier(zeros, at, value)
    t.ok(transportChecksumOk(zeros, at), `identifier ${value}`)
    icmp.setIdentifier(zeros, at, 0)
    t.equal(icmp.checksum(zeros, at), 0xffff, `zeros again after ${value}`)
    t.ok(transportChecksumOk(zeros, at))
  }
  icmp.setIdentifier(zeros, at, 0x1234)
  icmp.setSequenceNumber(zeros, at, 0xedcb)
  t.equal(icmp.checksum(zeros, at), 0, 'words that sum to 0xffff have 0, as a computation gives')
  t.ok(transportChecksumOk(zeros, at))
  const cut = zeros.subarray(0, 44)
  icmp.setSequenceNumber(cut, locate(cut), 0)
  icmp.setIdentifier(cut, locate(cut), 0)
  t.equal(icmp.checksum(cut, locate(cut)), 0xffff, 'of a cut one too')
  const last = ipv4(1, '0000 0000 0000 0000 00000001')
  setChecksums(last, locate(last))
  icmp.setSequenceNumber(last, locate(last), 0xfffe)
  t.equal(icmp.checksum(last, locate(last)), 0, 'the data count')
})

t.test('a length that leaves out zeros', async (t) => {
  const TCP = '0001 0002 00000001 00000002 5010 1000 0000 0000 0000'
  const after = (p: Uint8Array, change: (p: Uint8Array, at: number) => void) => {
    setChecksums(p, locate(p))
    change(p, locate(p))
    const at = locate(p)
    return is.whole(at) && transportChecksumOk(p, at) && (!is.ipv4(at) || headerChecksumOk(p, at))
  }
  t.ok(
    after(ipv4(6, TCP), (p, at) => ip4.setTotalLength(p, at, 40)),
    'TCP over IPv4',
  )
  t.ok(
    after(ipv6(6, TCP), (p, at) => ip6.setPayloadLength(p, at, 20)),
    'TCP over IPv6',
  )
  t.ok(
    after(ipv6(58, '8000 0000 0001 0002 0000'), (p, at) => ip6.setPayloadLength(p, at, 8)),
    'ICMPv6',
  )
  t.ok(
    after(ipv4(17, udp(53, '0000')), (p, at) => u.setLength(p, at, 8)),
    'UDP, which has its length twice',
  )
  t.ok(
    after(ipv4(17, udp(53, '0000')), (p, at) => {
      u.setLength(p, at, 8)
      ip4.setTotalLength(p, at, 28)
    }),
    'UDP and IPv4',
  )
})

t.test('what is not all there gets no checksum', async (t) => {
  const p = ipv4(17, udp(53, '61626364')).subarray(0, 44)
  const before = p.slice()
  setChecksums(p, locate(p))
  t.same(p.subarray(34), before.subarray(34), 'a cut packet')
  const fragment = ipv4(17, udp(53, '61626364'))
  fragment[20] = 0x20
  setChecksums(fragment, locate(fragment))
  t.ok(headerChecksumOk(fragment, locate(fragment)), 'a fragment has the one of its header')
  t.equal(u.checksum(fragment, locate(fragment)), 0)
})

t.test('inside a tunnel', async (t) => {
  const frame = Buffer.from(ipv4(17, udp(53, '6162'))).toString('hex')
  const p = ipv4(17, udp(4789, `08000000 00002a00 ${frame}`))
  const at = inner(p, locate(p))
  setChecksums(p, at)
  setChecksums(p, locate(p))
  u.setDestinationPort(p, at, 99)
  ip4.setTimeToLive(p, at, 3)
  t.ok(headerChecksumOk(p, at) && transportChecksumOk(p, at))
  t.ok(
    transportChecksumOk(p, locate(p)),
    'the outer one is right still: the inner one has made up for the change',
  )
  ip4.setSource(p, at, 1)
  t.ok(headerChecksumOk(p, at) && transportChecksumOk(p, at), 'the inner ones follow a change of an address')
  t.notOk(transportChecksumOk(p, locate(p)), 'the outer one does not, as docs/wire.md says')
  setTransportChecksum(p, locate(p))
  t.ok(transportChecksumOk(p, locate(p)), 'until it is computed')
  u.setChecksum(p, at, 0)
  setTransportChecksum(p, locate(p))
  u.setDestinationPort(p, at, 7)
  t.notOk(transportChecksumOk(p, locate(p)), 'nor does it follow where UDP inside has none')
  u.setChecksum(p, locate(p), 0)
  ip4.setSource(p, at, 2)
  t.equal(u.checksum(p, locate(p)), 0, 'an outer one that was never computed stays so')
  const summed = ipv4(17, udp(53, '6162'))
  setChecksums(summed, locate(summed))
  const error = ipv4(1, `0b00 0000 00000000 ${Buffer.from(summed.subarray(14)).toString('hex')}`)
  const cause = quoted(error, locate(error))
  setChecksums(error, locate(error))
  ip4.setDestination(error, cause, 3)
  t.notOk(transportChecksumOk(error, locate(error)), "an ICMP error's does not follow either")
  setTransportChecksum(error, locate(error))
  t.ok(transportChecksumOk(error, locate(error)))
  const six = ipv6(58, '8000 0000 0001 0002')
  setChecksums(six, locate(six))
  ip6.setSource(six, locate(six), 1, 2, 3, 0xffffffff)
  t.ok(transportChecksumOk(six, locate(six)), 'ICMPv6 covers the addresses')
})
