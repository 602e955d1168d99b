// The parse that every lookup of a flow begins with says of a packet what locate() of rxburst/wire says, whole, cut or
// mutated, and reads no byte behind it. RXBURST_SEED repeats a run, RXBURST_PACKETS makes it longer.
import { ipv4, ipv6, is, locate, networkPlace, tcp, transportPlace, vlan } from 'rxburst/wire'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { randomPacket } from '../fixtures/filters/filters.js'
import { KINDS, packetOf, randomOf, seedOfRun, withTag } from '../fixtures/flows/actions.js'
import { bytes, ipv6 as six } from '../fixtures/wire.js'

const wanted = Number(process.env.RXBURST_PACKETS ?? 40_000)
const NO_VLAN = 0xffff
const MORE_TAGS = 1
const FRAGMENT = 2
const OPTIONS = 4
const CUT = 8
const SHORT = 16
const LACKS_MAC = 1
const LACKS_IP = 2
const LACKS_PORTS = 4

function parse(packets: Uint8Array[]) {
  const numbers = native.testing.parsePackets({
    packets: Buffer.concat(packets),
    lengths: Uint32Array.from(packets, ({ length }) => length),
  })
  return packets.map((_, i) => {
    const [l3, l4, vlan, ethertype, family, protocol, ttl, tcpFlags, flags, lacks] = numbers.subarray(
      10 * i,
      10 * i + 10,
    )
    return { l3, l4, vlan, ethertype, family, protocol, ttl, tcpFlags, flags, lacks }
  })
}

const TAGS = new Set([0x8100, 0x88a8, 0x9100])
const typeAt = (p: Uint8Array, i: number) => (p[i] << 8) | p[i + 1]

/** Says what differs. */
function problemOf(p: Uint8Array, found: ReturnType<typeof parse>[number]): string {
  const at = locate(p)
  if (p.length < 14)
    return found.lacks === (LACKS_MAC | LACKS_IP | LACKS_PORTS) && found.flags === CUT ? '' : 'too short'
  const tagged = TAGS.has(typeAt(p, 12))
  if (tagged && p.length >= 18 && TAGS.has(typeAt(p, 16)))
    return found.flags & MORE_TAGS && found.lacks === (LACKS_IP | LACKS_PORTS) ? '' : 'a second tag'
  if (tagged && p.length >= 18 && vlan.identifier(p, at, 0) !== found.vlan) return 'the VLAN id'
  if (!tagged && found.vlan !== NO_VLAN) return 'a VLAN id of nothing'
  const family = is.ipv4(at) ? 4 : is.ipv6(at) ? 6 : 0
  if (is.malformed(at) && found.family === 0) return ''
  if (family === 4 && found.family === 0 && is.cut(at)) return ''
  if (found.family !== family && !(found.ethertype === 0x8847 || found.ethertype === 0x8848))
    return 'the family'
  if (found.family === 0) return found.lacks & LACKS_IP ? '' : 'IP of nothing'
  if (found.l3 !== networkPlace(at)) return 'layer 3'
  if (found.ttl !== (family === 4 ? ipv4.timeToLive(p, at) : ipv6.hopLimit(p, at))) return 'the TTL'
  const known = !(found.flags & CUT) && !(family === 6 && found.flags & OPTIONS)
  if (known && is.fragment(at) !== ((found.flags & FRAGMENT) !== 0)) return 'a fragment'
  const ports = is.udp(at) || is.tcp(at) || is.sctp(at)
  if (found.flags & (FRAGMENT | OPTIONS) && family === 6)
    return found.lacks & LACKS_PORTS ? '' : 'ports behind extension headers'
  if (found.lacks === 0 && !ports) return 'ports of nothing'
  if (found.lacks !== 0 && ports && is.whole(at) && !(found.flags & (FRAGMENT | CUT)))
    return 'ports are lacking'
  if (ports && found.lacks === 0 && found.l4 !== transportPlace(at)) return 'layer 4'
  if (found.tcpFlags !== 0 && found.tcpFlags !== tcp.flags(p, at)) return 'the TCP flags'
  // A header that its own datagram has no room for is cut here, and locate() leaves that to the header's reader.
  if (is.cut(at) && !(found.flags & (CUT | SHORT))) return 'cut'
  if (!is.cut(at) && !is.malformed(at) && found.flags & SHORT) return 'not cut'
  if (found.flags & CUT && found.lacks === 0) return 'ports that are cut'
  return ''
}

function check(packets: Uint8Array[]): string | undefined {
  const found = parse(packets)
  for (const [i, p] of packets.entries()) {
    const problem = problemOf(p, found[i])
    if (problem) return `${problem}: ${JSON.stringify(found[i])} of ${Buffer.from(p).toString('hex')}`
  }
  return undefined
}

t.test(`packets of every kind, seed ${seedOfRun}`, async (t) => {
  const r = randomOf(seedOfRun)
  const whole = Array.from({ length: 400 }, (_, i) => packetOf(r, KINDS[i % KINDS.length]))
  t.equal(check(whole), undefined, 'as they are')
  t.equal(parse(whole).filter(({ flags }) => flags !== 0).length, 0, 'nothing is wrong about them')
  const cut = whole.flatMap((p) => Array.from({ length: 10 }, () => p.slice(0, r.int(p.length))))
  t.equal(check(cut), undefined, 'cut anywhere')
  t.equal(check(whole.map((p) => withTag(p, 5))), undefined, 'with another tag')
})

t.test(`random and mutated packets, seed ${seedOfRun}`, async (t) => {
  const r = randomOf(seedOfRun + 1)
  let checked = 0
  while (checked < wanted) {
    const packets = Array.from({ length: 1000 }, (_, i) => {
      const p = i % 2 ? randomPacket(r, 20 + r.int(100)) : packetOf(r, r.pick(KINDS))
      for (let n = r.int(3); n > 0; n--) p[12 + r.int(Math.max(1, Math.min(p.length - 12, 50)))] = r.int(256)
      return p
    })
    const problem = check(packets)
    if (problem) return t.fail(problem)
    checked += packets.length
  }
  t.pass(`${checked} packets`)
})

t.test('what flows need most', async (t) => {
  const syn = packetOf(randomOf(1), { family: 4, layer4: 'tcp', tagged: false })
  syn[47] = 2
  t.match(parse([syn])[0], {
    l3: 14,
    l4: 34,
    family: 4,
    protocol: 6,
    tcpFlags: 2,
    flags: 0,
    lacks: 0,
    vlan: NO_VLAN,
  })
  t.match(parse([withTag(syn, 0xe007)])[0], { l3: 18, l4: 38, vlan: 7, ethertype: 0x800, lacks: 0 })
  const hop = six(0, `11 00 000000000000 ${'00'.repeat(8)}`)
  t.match(parse([hop])[0], { family: 6, flags: OPTIONS, lacks: LACKS_PORTS, l4: 0 })
  t.match(parse([six(44, '11 00 0001 00000007')])[0], {
    family: 6,
    flags: OPTIONS | FRAGMENT,
    lacks: LACKS_PORTS,
  })
  t.match(parse([six(58, '8000 0000 0001 0001')])[0], { family: 6, flags: 0, lacks: LACKS_PORTS, l4: 54 })
  t.match(parse([bytes('ffffffffffff 020000000001 0806 0001')])[0], {
    family: 0,
    lacks: LACKS_IP | LACKS_PORTS,
  })
  t.match(parse([syn.subarray(0, 50)])[0], { lacks: LACKS_PORTS, flags: CUT | SHORT })
})
