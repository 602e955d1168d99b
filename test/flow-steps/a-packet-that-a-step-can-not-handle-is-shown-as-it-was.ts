// A packet that has not what a step needs is shown to the handler, and not one byte of it has changed by then.
import { dnat, encap, meter, mirror, type Step, setMac, snat, ttl, tx, vlanPop, vlanPush } from 'rxburst'
import t from 'tap'
import { execute, packetOf, randomOf, seedOfRun, withTag } from '../fixtures/flows/actions.js'
import { bytes, hex, ipv4, ipv6, udp } from '../fixtures/wire.js'

const SHOWN = 128
const r = randomOf(seedOfRun)
const four = packetOf(r, { family: 4, layer4: 'udp', tagged: false })
const six = packetOf(r, { family: 6, layer4: 'tcp', tagged: false })
const arp = bytes(`ffffffffffff 020000000001 0806 0001080006040001 ${'00'.repeat(20)}`)
const changed = (packet: Uint8Array, at: number, ...values: number[]) => {
  const copy = packet.slice()
  copy.set(values, at)
  return copy
}
const sctp = ipv4(132, `0001 0002 00000000 00000000 ${'00'.repeat(8)}`)
const VXLAN = Uint8Array.from([...ipv4(17, udp(4789, '0800000000002a00')).subarray(0, 50)])
const IP_IN_IP = ipv4(4, '')

// Each action sets a MAC first, which would show in the packet.
const cases: [string, Step[], Uint8Array][] = [
  ['an address of IPv4 for a packet of IPv6', [dnat({ ip: '10.0.0.1' })], six],
  ['an address of IPv6 for a packet of IPv4', [snat({ ip: '2001:db8::1' })], four],
  ['a port for ICMP', [dnat({ port: 7 })], ipv4(1, '0800 0000 0001 0002')],
  ['a port for SCTP, whose checksum covers it', [snat({ port: 7 })], sctp],
  ['an address for UDP-Lite, whose checksum covers it', [dnat({ ip: '10.0.0.1' })], ipv4(136, udp(9, ''))],
  ['an address for a first fragment', [dnat({ ip: '10.0.0.1' })], changed(four, 20, 0x20)],
  ['an address for a later fragment', [dnat({ ip: '10.0.0.1' })], changed(four, 21, 7)],
  ['a port for IPv4 with options', [dnat({ port: 7 })], ipv4(17, udp(9, ''), '94040000')],
  [
    'an address behind an extension header',
    [snat({ ip: '2001:db8::1' })],
    ipv6(60, `11 00 000000000000 ${udp(9, '')}`),
  ],
  ['an address for ARP', [dnat({ ip: '10.0.0.1' })], arp],
  ['a TTL for ARP', [ttl()], arp],
  ['a TTL of 1', [ttl()], changed(four, 22, 1)],
  ['a TTL of 0', [ttl()], changed(four, 22, 0)],
  ['a hop limit of 1', [ttl()], changed(six, 21, 1)],
  ['a tag to pop where there is none', [vlanPop()], four],
  ['a header that is cut', [dnat({ port: 7 })], four.subarray(0, 40)],
  ['an address of a TCP packet whose header is cut', [dnat({ ip: '10.0.0.1' })], ipv4(6, '0001 0002 0000')],
  ['an address behind two tags', [dnat({ ip: '10.0.0.1' })], withTag(withTag(four, 2), 3)],
  ['a version that contradicts the EtherType', [dnat({ ip: '10.0.0.1' })], changed(four, 14, 0x65)],
  ['IP in IP of what is not IP', [encap(IP_IN_IP)], arp],
  ['IP in IP of IPv6', [encap(IP_IN_IP)], six],
]

t.test('what the packet lacks', async (t) => {
  for (const [name, steps, packet] of cases) {
    const { executed, unfit, outside, mirrored } = execute(
      [setMac({ src: 7 }), mirror(2), ...steps, tx(1)],
      [packet],
    )
    t.equal(executed[0].verdict, SHOWN, name)
    t.same(executed[0].packet, packet, 'no byte has changed')
    t.same([unfit, outside, mirrored.length], [1, false, 0], 'it is counted, and not mirrored')
  }
})

t.test('no room in the frame', async (t) => {
  const grows: Step[][] = [[vlanPush(7)], [encap(VXLAN)], [vlanPush(1), vlanPush(2)]]
  for (const steps of grows) {
    const by = steps.length * 4 + (steps[0] as { code: Uint8Array }).code.length - 24
    const needed = steps.length === 2 ? 8 : by > 10 ? 50 : 4
    const { executed, unfit, outside } = execute([setMac({ src: 7 }), ...steps, tx(1)], [four], {
      front: needed - 1,
      behind: 0,
    })
    t.same([executed[0].verdict, unfit, outside], [SHOWN, 1, false], `${needed - 1} bytes in front do not do`)
    t.same(executed[0].packet, four)
    for (const [front, behind] of [
      [needed, 0],
      [0, needed],
      [1, needed - 1],
    ]) {
      const fits = execute([...steps, tx(1)], [four], { front, behind })
      t.same(
        [fits.executed[0].verdict, fits.outside],
        [17, false],
        `${front} in front and ${behind} behind do`,
      )
      t.equal(fits.executed[0].packet.length, four.length + needed)
    }
  }
})

t.test('what is not too much', async (t) => {
  const check = (name: string, steps: Step[], packet: Uint8Array) =>
    t.equal(execute([...steps, tx(1)], [packet]).executed[0].verdict, 17, name)
  check('a MAC and a tag of any frame', [setMac({ src: 7 }), vlanPush(7)], arp)
  check('a MAC of a fragment', [setMac({ src: 7 })], changed(four, 21, 7))
  check('an address of SCTP', [dnat({ ip: '10.0.0.1' })], sctp)
  check('a TTL of 2', [ttl()], changed(four, 22, 2))
  check('an address of GRE', [dnat({ ip: '10.0.0.1' })], ipv4(47, '0000 0800'))
  check('a packet that goes on in another segment', [dnat({ port: 7 })], four.subarray(0, 42))
  check(
    'a frame of 802.3',
    [meter({ pps: 1, burst: 1 })],
    bytes(`ffffffffffff 020000000001 ${hex(46, 4)} ${'42'.repeat(46)}`),
  )
})
