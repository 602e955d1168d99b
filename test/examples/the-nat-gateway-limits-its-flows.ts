// examples/12-nat.ts without a network: next hops, the limit on flows, flows that fell silent, ping, and ICMP errors
// about flows.
import { DROP, tx } from 'rxburst'
import { tester } from 'rxburst/testing'
import {
  arp,
  ethernet,
  fill,
  formatIpv4,
  icmp,
  ipv4,
  is,
  locate,
  parseMac,
  quoted,
  tcp,
  transportChecksumOk,
  udp,
} from 'rxburst/wire'
import t from 'tap'
import nat from '../../dist/examples/12-nat.js'

const [LEFT, NEAR, GATEWAY] = [0x020000000002, 0x020000000003, 0x0200000000fe]
const OWN = [parseMac('02:00:00:00:00:0a'), parseMac('02:00:00:00:00:0b')]
const CONFIG = { inside: '10.77.0.9/24', outside: '192.0.2.1/24', gateway: '192.0.2.254', flows: 2 }

const isAt = (port: number, address: string, mac: number) => {
  const packet = new Uint8Array(60)
  fill(packet, 'ethernet/arp', {
    ethernet: { source: mac },
    arp: {
      operation: 2,
      senderHardware: mac,
      senderProtocol: address,
      targetHardware: OWN[port],
      targetProtocol: ['10.77.0.9', '192.0.2.1'][port],
    },
  })
  return packet
}

/** A packet by UDP, TCP or ICMP that the gateway is to forward. */
function made(port: number, from: string, to: string, layer: object, payload: Uint8Array | string = 'hello') {
  const kind = Object.keys(layer)[0]
  const packet = new Uint8Array(14 + 20 + { udp: 8, tcp: 20, icmp: 8 }[kind as 'udp'] + payload.length)
  const ethernet = { source: port ? GATEWAY : LEFT, destination: OWN[port] }
  fill(packet, `ethernet/ipv4/${kind}`, {
    ethernet,
    ipv4: { source: from, destination: to },
    ...layer,
    payload,
  })
  return packet
}
const sends = (port: number, to: string, from = '10.77.0.2') =>
  made(0, from, to, { udp: { sourcePort: port, destinationPort: 53 } })
const answers = (port: number) =>
  made(1, '198.51.100.7', '192.0.2.1', { udp: { sourcePort: 53, destinationPort: port } })

const clock = performance.now.bind(performance)
let later = 0
performance.now = () => clock() + later
t.teardown(() => {
  performance.now = clock
})

function gateway(data: object = CONFIG) {
  const tested = tester(nat, { data: data as never })
  tested.receive(isAt(0, '10.77.0.2', LEFT), 0)
  tested.receive(isAt(1, '192.0.2.254', GATEWAY), 1)
  tested.receive(isAt(1, '192.0.2.2', NEAR), 1)
  tested.clear()
  return tested
}

t.test('next hops', async (t) => {
  const tested = gateway({ ...CONFIG, flows: 100 })
  const far = tested.receive(sends(5000, '198.51.100.7'))
  t.equal(far.verdict, tx(1))
  t.equal(ethernet.destination(far.bytes), GATEWAY, 'what is far goes to the gateway')
  const near = tested.receive(sends(5000, '192.0.2.2'))
  t.equal(ethernet.destination(near.bytes), NEAR, 'what is near goes there')
  const at = locate(far.bytes)
  t.equal(formatIpv4(ipv4.source(far.bytes, at)), '192.0.2.1')
  t.ok(transportChecksumOk(far.bytes, at))
  tested.clear()
  tested.receive(sends(5000, '192.0.2.77'))
  const [asked] = tested.clear()
  t.equal(
    arp.targetProtocol(asked.bytes, locate(asked.bytes)),
    0xc000024d,
    'a MAC that is not known is asked for',
  )
  tested.receive(isAt(1, '192.0.2.77', 7), 1)
  const [first] = tested.clear()
  t.equal(first?.port, 1, 'and the packet has waited for it')
  t.equal(ethernet.destination(first.bytes), 7)
  const alone = gateway({ ...CONFIG, gateway: undefined })
  t.equal(alone.receive(sends(5000, '198.51.100.7')).verdict, DROP, 'without a gateway nothing goes far')
  t.equal(alone.receive(sends(5000, '192.0.2.2', '10.99.0.1')).verdict, DROP, 'a stranger inside')
})

t.test('the limit', async (t) => {
  const tested = gateway()
  t.equal(tested.receive(sends(5000, '198.51.100.7')).verdict, tx(1))
  t.equal(tested.receive(sends(5001, '198.51.100.7')).verdict, tx(1))
  t.equal(tested.receive(sends(5002, '198.51.100.7')).verdict, DROP, 'a third flow of two')
  const back = tested.receive(answers(1024), 1)
  t.equal(back.verdict, tx(0), 'and the first one lives')
  t.equal(udp.destinationPort(back.bytes, locate(back.bytes)), 5000)
  t.ok(transportChecksumOk(back.bytes, locate(back.bytes)))
  const other = made(0, '10.77.0.2', '198.51.100.7', { tcp: { sourcePort: 5002, destinationPort: 80 } })
  t.equal(tested.receive(other).verdict, tx(1), 'TCP has ports of its own')

  later += 200_000
  tested.turn()
  t.equal(tested.receive(answers(1025), 1).verdict, tx(0), 'heard of in time')
  later += 200_000
  tested.turn()
  t.equal(tested.receive(answers(1024), 1).verdict, DROP, 'a flow that was silent for five minutes is over')
  t.equal(tested.receive(sends(5002, '198.51.100.7')).verdict, tx(1), 'and another one has its port')
  t.equal(udp.destinationPort(tested.receive(answers(1024), 1).bytes, locate(answers(1024))), 5002)
  t.equal(
    tested.receive(sends(5000, '198.51.100.7')).verdict,
    DROP,
    "which is not its first owner's any more",
  )
  t.equal(tested.receive(sends(5003, '198.51.100.7')).verdict, DROP, 'not that of the one that was heard of')
})

t.test('ICMP', async (t) => {
  const tested = gateway({ ...CONFIG, flows: 100 })
  const echo = { type: 8, code: 0, identifier: 77, sequenceNumber: 1 }
  const request = tested.receive(made(0, '10.77.0.2', '198.51.100.7', { icmp: echo }))
  t.equal(request.verdict, tx(1))
  const outside = icmp.identifier(request.bytes, locate(request.bytes))
  t.ok(transportChecksumOk(request.bytes, locate(request.bytes)))
  const answer = made(1, '198.51.100.7', '192.0.2.1', { icmp: { ...echo, type: 0, identifier: outside } })
  const reply = tested.receive(answer, 1)
  t.equal(reply.verdict, tx(0))
  t.equal(icmp.identifier(reply.bytes, locate(reply.bytes)), 77)
  const asked = made(1, '198.51.100.7', '192.0.2.1', { icmp: { ...echo, identifier: outside } })
  t.equal(tested.receive(asked, 1).verdict, DROP, 'a request from outside')

  for (const [name, layer, bytes] of [
    ['UDP', { udp: { sourcePort: 5000, destinationPort: 9 } }, 28],
    ['TCP, its first 8 bytes', { tcp: { sourcePort: 5001, destinationPort: 9 } }, 28],
    ['TCP', { tcp: { sourcePort: 5002, destinationPort: 9 } }, 40],
    ['echo', { icmp: { ...echo, identifier: 5003 } }, 28],
  ] as const) {
    const sent = tested.receive(made(0, '10.77.0.2', '198.51.100.7', layer)).bytes
    const told = made(
      1,
      '198.51.100.1',
      '192.0.2.1',
      { icmp: { type: 11, code: 0, identifier: 0, sequenceNumber: 0 } },
      sent.slice(14, 14 + bytes),
    )
    const { verdict, bytes: error } = tested.receive(told, 1)
    t.equal(verdict, tx(0), `an error about ${name}`)
    const at = locate(error)
    t.ok(is.whole(at) && transportChecksumOk(error, at), 'its checksum is right')
    t.equal(formatIpv4(ipv4.destination(error, at)), '10.77.0.2')
    const cause = quoted(error, at)
    t.equal(formatIpv4(ipv4.source(error, cause)), '10.77.0.2', 'it quotes the packet of the sender')
    const read = name === 'echo' ? icmp.identifier : name === 'UDP' ? udp.sourcePort : tcp.sourcePort
    t.equal(read(error, cause), 5000 + ['UDP', 'TCP, its first 8 bytes', 'TCP', 'echo'].indexOf(name))
  }
  const nobody = made(
    1,
    '198.51.100.1',
    '192.0.2.1',
    { icmp: { type: 11, code: 0, identifier: 0, sequenceNumber: 0 } },
    sends(9, '198.51.100.7', '192.0.2.1').subarray(14, 42),
  )
  t.equal(tested.receive(nobody, 1).verdict, DROP, 'an error about no flow')
})
