// cut: the packet ends before its headers do, or before what they say. malformed: a header contradicts itself or
// another one. Too deep: more than the number can say. What `is` names can be read in all three.
import { inner, is, locate, tcp, udp as u } from 'rxburst/wire'
import t from 'tap'
import { bytes, hex, ipv4, ipv6, udp } from '../fixtures/wire.js'

const MACS = '020000000002 020000000001'
const TCP = '0050 01bb 00000001 00000002 5012 1000 0000 0000'
const state = (packet: Uint8Array) => {
  const at = locate(packet)
  const states = (['whole', 'cut', 'malformed', 'tooDeep'] as const).filter((name) => is[name](at))
  return states.length === 1 ? states[0] : `${states.length} states`
}
const changed = (packet: Uint8Array, i: number, ...values: number[]) => {
  packet.set(values, i)
  return packet
}

t.test('every packet cut anywhere is cut, and no header is named that is not there', async (t) => {
  const packets: [Uint8Array, number][] = [
    [ipv4(17, udp(53, '61626364')), 42],
    [ipv4(6, `${TCP}6162`), 54],
    [ipv4(17, udp(53, '6162'), '94040000'), 46],
    [ipv6(17, udp(53, '6162')), 62],
    [ipv6(0, `1100 0100 0000 0000 ${udp(53, '6162')}`), 70],
    [
      bytes(`${MACS} 8100 0007 0800 ${Buffer.from(ipv4(17, udp(53, '61')).subarray(14)).toString('hex')}`),
      46,
    ],
  ]
  for (const [packet, header] of packets)
    for (let length = 0; length < packet.length; length++) {
      const at = locate(packet.subarray(0, length))
      if (!is.cut(at)) t.fail(`${length} of ${packet.length} bytes: ${state(packet.subarray(0, length))}`)
      if ((is.udp(at) || is.tcp(at)) !== length >= header)
        t.fail(`${length} of ${packet.length} bytes: layer 4`)
    }
  t.ok(is.whole(locate(packets[0][0])), 'with all its bytes it is whole')
  t.equal(state(new Uint8Array(0)), 'cut', 'no byte')
  t.equal(state(new Uint8Array(1)), 'cut', 'one byte')
})

t.test('headers that contradict', async (t) => {
  const good = () => ipv4(17, udp(53, '61626364'))
  t.equal(state(good()), 'whole')
  t.equal(state(changed(good(), 14, 0x44)), 'malformed', 'an IPv4 header of 16 bytes')
  t.equal(state(changed(good(), 14, 0x65)), 'malformed', 'version 6 behind the EtherType of IPv4')
  t.equal(state(changed(good(), 16, 0, 19)), 'malformed', 'a total length below the header')
  t.equal(
    state(changed(ipv4(253, '6162'), 16, 0, 19)),
    'malformed',
    'the same before a protocol without a header',
  )
  t.equal(state(changed(good(), 16, 0, 27)), 'malformed', 'no room for the UDP header')
  t.equal(state(changed(good(), 16, 0xff, 0xff)), 'cut', 'a total length behind the packet')
  t.equal(state(changed(good(), 38, 0, 7)), 'malformed', 'a UDP length below 8')
  t.equal(state(changed(good(), 38, 0, 13)), 'malformed', 'a UDP length behind the IP packet')
  t.equal(state(changed(good(), 38, 0, 11)), 'whole', 'UDP may end before IP does')
  t.equal(state(changed(ipv4(6, TCP), 46, 0x40)), 'malformed', 'a TCP header of 16 bytes')
  t.equal(state(changed(ipv4(6, TCP), 46, 0xf0)), 'malformed', 'TCP options behind the IP packet')
  t.equal(
    state(changed(ipv6(17, udp(53, '')), 14, 0x40)),
    'malformed',
    'version 4 behind the EtherType of IPv6',
  )
  t.equal(
    state(ipv6(0, `11ff 0100 0000 0000 ${udp(53, '')}`)),
    'malformed',
    'an extension header behind the payload',
  )
  t.equal(state(changed(ipv6(17, udp(53, '61')), 18, 0, 7)), 'malformed', 'no room for UDP in IPv6')
  const lying = changed(good(), 38, 0, 7)
  t.equal(u.destinationPort(lying, locate(lying)), 53, 'the fields of a malformed header can be read')
  t.equal(
    state(changed(changed(good(), 38, 0, 7), 16, 0xff, 0xff)),
    'malformed',
    'malformed counts for more than cut',
  )
})

t.test('more than the number can say', async (t) => {
  const tagged = (n: number) =>
    bytes(
      `${MACS} ${'8100 0001'.repeat(n)} ${Buffer.from(ipv4(17, udp(53, '')).subarray(12)).toString('hex')}`,
    )
  t.equal(state(tagged(3)), 'whole')
  t.equal(state(tagged(4)), 'tooDeep', 'four tags')
  t.equal(state(tagged(400)), 'tooDeep')
  t.equal(state(bytes(`${MACS} 8847 ${'00010040'.repeat(8)} ${'00'.repeat(40)}`)), 'tooDeep', 'eight labels')
  t.equal(state(bytes(`${MACS} 8847 ${'00010040'.repeat(9000)}`)), 'tooDeep')
  const chain = (n: number) =>
    ipv6(60, `${'3c00 0100 0000 0000'.repeat(n - 1)} 1100 0100 0000 0000 ${udp(53, '')}`)
  t.equal(state(chain(100)), 'whole', '100 extension headers')
  t.ok(is.udp(locate(chain(100))))
  t.equal(state(chain(255)), 'tooDeep', '255 extension headers')
  t.notOk(is.udp(locate(chain(255))))
  const giant = bytes(`${Buffer.from(ipv4(17, udp(53, ''))).toString('hex')}${'00'.repeat(1 << 20)}`)
  t.equal(state(giant), 'whole', 'a megabyte of padding')
})

t.test('tunnels in tunnels end', async (t) => {
  let packet = Buffer.from(ipv4(17, udp(53, '')).subarray(14)).toString('hex')
  for (let n = 0; n < 60; n++) packet = Buffer.from(ipv4(4, packet).subarray(14)).toString('hex')
  const bytesOf = bytes(`${MACS} 0800 ${packet}`)
  let at = locate(bytesOf)
  let depth = 0
  for (; at !== 0 && !is.tooDeep(at); depth++) at = inner(bytesOf, at)
  t.ok(is.tooDeep(at), `after ${depth} of them`)
  t.ok(depth > 20 && depth < 30)
})

t.test('options that overrun', async (t) => {
  const options = (text: string) => {
    const packet = ipv4(
      6,
      `0050 01bb 00000001 00000002 ${hex(5 + text.replaceAll(' ', '').length / 8, 1)}012 1000 0000 0000 ${text}`,
    )
    const at = locate(packet)
    const kinds: number[] = []
    let place = tcp.firstOption(packet, at)
    for (; place >= 0 && kinds.length < 50; place = tcp.nextOption(packet, at, place))
      kinds.push(packet[place])
    return [kinds, place]
  }
  const { NOWHERE, OVERRUN } = await import('rxburst/wire')
  t.same(options('020405b4 01030307 0101080a 0000000100000002'), [[2, 1, 3, 1, 1, 8], NOWHERE])
  t.same(options('020405b4 00ffffff'), [[2, 0], NOWHERE], 'nothing counts behind the end of the list')
  t.same(options('02000000'), [[], OVERRUN], 'a length of 0')
  t.same(options('01010103'), [[1, 1, 1], OVERRUN], 'no room for the length')
  t.same(options('010205b4'), [[1], OVERRUN], 'longer than the header')
  t.ok(NOWHERE < 0 && OVERRUN < 0)
})
