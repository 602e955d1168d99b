// fill() writes headers by name, with lengths, types and checksums; what the accessors then read is what was given.
// Unknown names, values and lengths are refused with a code.

import fc from 'fast-check'
import {
  type Content,
  type Field,
  fill,
  HEADERS,
  headerBytes,
  headerChecksumOk,
  inner,
  ipv4 as ip4,
  ipv6 as ip6,
  is,
  locate,
  payloadLength,
  payloadPlace,
  tcp,
  template,
  transportChecksumOk,
  udp as u,
  vlan,
  vxlan,
} from 'rxburst/wire'
import t from 'tap'
import { asValue, bitsOf } from '../fixtures/wire.js'

const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 1_000_000)
const refused = (what: () => unknown) => {
  try {
    what()
    return 'taken'
  } catch (error) {
    return (error as { code?: string }).code
  }
}

const PATHS = [
  'ethernet/ipv4/udp',
  'ethernet/ipv6/udp',
  'ethernet/ipv4/tcp',
  'ethernet/ipv6/tcp',
  'ethernet/ipv4/icmp',
  'ethernet/ipv6/icmpv6',
  'ethernet/ipv4/sctp',
  'ethernet/vlan/ipv4/udp',
  'ethernet/vlan/vlan/ipv6/tcp',
  'ethernet/mpls/mpls/ipv4/udp',
  'ethernet/ipv4/udp/vxlan/ethernet/ipv4/udp',
  'ethernet/ipv6/gre/ipv4/tcp',
  'ethernet/ipv4/gre/ethernet/vlan/ipv6/udp',
  'ethernet/ipv4/udp/gtpu/ipv6/udp',
  'ethernet/ipv4/udp/geneve/ethernet/ipv4/icmp',
  'ethernet/ipv4/ipv6/udp',
  'ethernet/ipv4/udp/dns',
  'ethernet/ipv4/udp/dhcp',
  'ethernet/ipv6/udp/ntp',
]

// Fields that decide what the packet is stay as fill() sets them.
const DECIDE =
  /^(ethernet|vlan|gre|geneve)\.(type|protocolType)$|[vV]ersion|[lL]ength|dataOffset|protocol|nextHeader|Fragment|fragment|flags|[cC]hecksum|Present|bottomOfStack|critical|tagControl|typeOfService|trafficClass|messageType|^icmpv?6?\.(type|code)|reserved|destinationPort|hardwareType|cookie/

/** parse(build(x)) = x, for random values of one field in every header. */
function roundTrip(path: string, p: Uint8Array, bits: Iterator<bigint>): boolean {
  const names = path.split('/')
  const given: Record<string, object[]> = Object.fromEntries(names.map((name) => [name, []]))
  const wanted: [begin: number, field: Field, bits: bigint][] = []
  for (const [index, name] of names.entries()) {
    const header = HEADERS.find((header) => header.name === name)!
    const fields = header.fields.filter(
      ({ name: field, bit, width }) => !DECIDE.test(`${name}.${field}`) && bit + width <= header.bytes * 8,
    )
    const field = fields[Number(bits.next().value % BigInt(fields.length || 1))]
    const value = field ? bits.next().value & ((1n << BigInt(field.width)) - 1n) : 0n
    given[name].push(field ? { [field.name]: asValue(field, value) } : {})
    const begin = index === 0 ? 0 : headerBytes(names.slice(0, index).join('/'))
    if (field) wanted.push([begin, field, value])
  }
  fill(p, path, given as unknown as Content)
  return wanted.every(([begin, field, value]) => bitsOf(p, begin, field) === value)
}

for (const path of PATHS)
  t.test(path, async (t) => {
    const p = new Uint8Array(Math.max(60, headerBytes(path) + 11)).fill(0xee)
    let at = fill(p, path)
    t.equal(at, locate(p), 'it returns the number')
    let layers = 0
    const wanted = path.split('/').filter((name) => name === 'ipv4' || name === 'ipv6').length
    for (; at !== 0; at = inner(p, at), layers++) {
      t.ok(is.whole(at), 'whole')
      if (is.ipv4(at)) t.ok(headerChecksumOk(p, at), 'the header checksum')
      if (!is.gre(at) && !is.ipInIp(at)) t.ok(transportChecksumOk(p, at), 'the checksum of layer 4')
    }
    t.equal(layers, wanted, 'as many networks as the path has')
    fc.assert(
      fc.property(fc.infiniteStream(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n })), (bits) =>
        roundTrip(path, p, bits),
      ),
      { seed, numRuns: 40 },
    )
  })

t.test('values as people write them', async (t) => {
  const p = new Uint8Array(100)
  const at = fill(p, 'ethernet/vlan/ipv4/udp', {
    ethernet: { destination: 'aa:bb:cc:dd:ee:ff' },
    vlan: { identifier: 7, priority: 3 },
    ipv4: { source: '10.0.0.1', destination: 0x0a000002, timeToLive: 3, dontFragment: false },
    udp: { sourcePort: 1, destinationPort: 2 },
    payload: 'hello',
  })
  t.equal(vlan.identifier(p, at), 7)
  t.same(
    [ip4.source(p, at), ip4.destination(p, at), ip4.timeToLive(p, at), ip4.dontFragment(p, at)],
    [0x0a000001, 0x0a000002, 3, false],
  )
  t.same(
    [u.sourcePort(p, at), u.destinationPort(p, at), u.length(p, at), ip4.totalLength(p, at)],
    [1, 2, 13, 33],
  )
  t.equal(
    Buffer.from(p.subarray(payloadPlace(p, at), payloadPlace(p, at) + payloadLength(p, at))).toString(),
    'hello',
  )
  const six = template(
    'ethernet/ipv6/tcp',
    { ipv6: { source: '2001:db8::7' }, tcp: { options: [2, 4, 5, 180], flags: 0x10 } },
    100,
  )
  t.equal(ip6.source(six.bytes, six.at, 3), 7)
  t.equal(tcp.dataOffset(six.bytes, six.at), 6)
  t.ok(tcp.option(six.bytes, six.at, 2) > 0)
  const copy = new Uint8Array(100)
  t.equal(six.put(copy), locate(copy), 'a template is copied with its number')
  t.same(copy, six.bytes)
  const inside = new Uint8Array(120)
  const outer = fill(inside, 'ethernet/ipv4/udp/vxlan/ethernet/ipv4/udp', {
    vxlan: { networkIdentifier: 42 },
    ipv4: [{ source: '1.1.1.1' }, { source: '2.2.2.2' }],
  })
  t.equal(vxlan.networkIdentifier(inside, outer), 42)
  t.same([ip4.source(inside, outer), ip4.source(inside, inner(inside, outer))], [0x01010101, 0x02020202])
  const wrong = fill(p, 'ethernet/ipv4/udp', { udp: { checksum: 0x1234 } })
  t.equal(u.checksum(p, wrong), 0x1234, 'a checksum that is given stays')
})

t.test('what can not be built', async (t) => {
  const p = new Uint8Array(60)
  const CASES: [string, Content?, Uint8Array?][] = [
    ['ethernet/ipv4/upd'],
    ['ipv4/udp'],
    [''],
    ['ethernet/udp'],
    ['ethernet/ipv4/udp', { udp: { sourceport: 1 } }],
    ['ethernet/ipv4/udp', { tcp: {} }],
    ['ethernet/ipv4/udp', { payload: new Uint8Array(19) }],
    ['ethernet/ipv4/udp', {}, new Uint8Array(41)],
    ['ethernet/ipv4/udp', {}, new Uint8Array(0)],
    ['ethernet/ipv4/udp', { udp: { sourcePort: Number.NaN } }],
    ['ethernet/ipv4/udp', { udp: { options: [1] } }],
    ['ethernet/ipv4/udp', { ipv4: { options: new Uint8Array(41) } }],
  ]
  for (const [path, content, packet = p] of CASES)
    t.equal(
      refused(() => fill(packet, path, content)),
      'ERR_BAD_OPTION',
      `${path} ${JSON.stringify(content ?? packet.length)}`,
    )
  t.equal(
    refused(() => fill(p, 'ethernet/ipv4/udp', { ipv4: { source: '10.0.0' } })),
    'ERR_BAD_ADDRESS',
  )
  t.throws(() => fill(p, 'ethernet/ipv4/upd'), { message: /did you mean 'udp'/ })
  t.throws(() => fill(p, 'ethernet/ipv4/udp', { udp: { sourceport: 1 } }), { message: /sourcePort/ })
})

t.test('what is not given has a default', async (t) => {
  const made = (path: string) => {
    const p = new Uint8Array(headerBytes(path))
    fill(p, path)
    return [p, locate(p)] as const
  }
  const [four, at4] = made('ethernet/ipv4/udp')
  t.equal(ip4.timeToLive(four, at4), 64)
  t.ok(ip4.dontFragment(four, at4))
  t.equal(ip4.source(four, at4), 0xc6120001, '198.18.0.1, from the block of RFC 2544')
  t.equal(ip4.destination(four, at4), 0xc6120002)
  const [six, at6] = made('ethernet/ipv6/tcp')
  t.equal(ip6.hopLimit(six, at6), 64)
  t.ok(tcp.syn(six, at6) && !tcp.ack(six, at6), 'TCP asks for a connection')
  t.equal(tcp.window(six, at6), 0xffff)
})
