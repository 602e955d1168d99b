// reply(): MACs, addresses and ports change sides, an echo request becomes a reply, an ARP request an answer; checksums
// stay right.
import {
  arp,
  ethernet,
  fill,
  headerChecksumOk,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  locate,
  parseMac,
  reply,
  transportChecksumOk,
  udp,
} from 'rxburst/wire'
import t from 'tap'

const OURS = parseMac('02:00:00:00:00:99')
const made = (path: string, content = {}) => {
  const p = new Uint8Array(90)
  return { p, at: fill(p, path, content) }
}

t.test('UDP over IPv4 and IPv6', async (t) => {
  for (const path of [
    'ethernet/ipv4/udp',
    'ethernet/ipv6/udp',
    'ethernet/vlan/ipv4/tcp',
    'ethernet/ipv4/sctp',
  ]) {
    const { p, at } = made(path, { ethernet: { source: 1, destination: 2 }, payload: 'hello' })
    const before = p.slice()
    t.equal(reply(p, at), at)
    t.same([ethernet.source(p), ethernet.destination(p)], [2, 1])
    t.equal(locate(p), at)
    t.equal(udp.sourcePort(p, at), udp.destinationPort(before, at), 'ports')
    t.equal(udp.destinationPort(p, at), udp.sourcePort(before, at))
    if (path.includes('ipv4')) {
      t.same(
        [ipv4.source(p, at), ipv4.destination(p, at)],
        [ipv4.destination(before, at), ipv4.source(before, at)],
      )
      t.ok(headerChecksumOk(p, at))
    } else t.same([ipv6.source(p, at, 3), ipv6.destination(p, at, 3)], [2, 1])
    if (!path.includes('sctp')) t.ok(transportChecksumOk(p, at), path)
    reply(p, at)
    t.same(p, before, 'twice is where it began')
  }
})

t.test('the TTL is new', async (t) => {
  const { p, at } = made('ethernet/ipv4/udp', { ipv4: { timeToLive: 3 } })
  reply(p, at)
  t.equal(ipv4.timeToLive(p, at), 64)
  t.ok(headerChecksumOk(p, at) && transportChecksumOk(p, at))
})

t.test('echo', async (t) => {
  const four = made('ethernet/ipv4/icmp', { icmp: { identifier: 7, sequenceNumber: 9 }, payload: 'abc' })
  reply(four.p, four.at)
  t.same([icmp.type(four.p, four.at), icmp.identifier(four.p, four.at)], [0, 7])
  t.ok(transportChecksumOk(four.p, four.at))
  const six = made('ethernet/ipv6/icmpv6', { payload: 'abc' })
  reply(six.p, six.at)
  t.equal(icmpv6.type(six.p, six.at), 129)
  t.ok(transportChecksumOk(six.p, six.at))
  reply(six.p, six.at)
  t.equal(icmpv6.type(six.p, six.at), 129, 'a reply stays one')
})

t.test('ARP', async (t) => {
  const { p, at } = made('ethernet/arp', {
    ethernet: { source: 5, destination: 'ff:ff:ff:ff:ff:ff' },
    arp: { senderHardware: 5, senderProtocol: '10.0.0.1', targetProtocol: '10.0.0.2' },
  })
  reply(p, at, OURS)
  t.same([ethernet.source(p), ethernet.destination(p)], [OURS, 5])
  t.equal(arp.operation(p, at), 2)
  t.same([arp.senderHardware(p, at), arp.senderProtocol(p, at)], [OURS, 0x0a000002])
  t.same([arp.targetHardware(p, at), arp.targetProtocol(p, at)], [5, 0x0a000001])
})

t.test('short packets', async (t) => {
  for (let length = 0; length < 42; length++) {
    const { p } = made('ethernet/ipv4/udp')
    const cut = p.subarray(0, length)
    reply(cut, locate(cut), OURS)
  }
  t.pass('nothing throws')
})
