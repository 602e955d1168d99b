// examples/13-dhcp.ts without a network: leases end, a wrong wish gets a NAK, a release frees the address, and ARP for
// the server is answered.
import { DROP, tx } from 'rxburst'
import { tester } from 'rxburst/testing'
import {
  arp,
  dhcp,
  dhcpOption,
  ethernet,
  fill,
  formatIpv4,
  headerBytes,
  ipv4,
  locate,
  parseIpv4,
} from 'rxburst/wire'
import t from 'tap'
import server from '../../dist/examples/13-dhcp.js'

const PATH = 'ethernet/ipv4/udp/dhcp'
const [DISCOVER, OFFER, REQUEST, ACK, NAK, RELEASE] = [1, 2, 3, 5, 6, 7]
const [WANTED, MESSAGE, SERVER] = [50, 53, 54]
const CONFIG = { server: '10.77.0.9', first: '10.77.0.100', count: 1, seconds: 100 }
const wordOf = (text: string) => [...text.split('.').map(Number)]

interface Wish {
  wanted?: string
  ciaddr?: string
  from?: string
}
function message(client: number, type: number, { wanted, ciaddr = '0.0.0.0', from }: Wish = {}) {
  const options = new Uint8Array(60)
  options.set([
    ...[MESSAGE, 1, type],
    ...(wanted === undefined ? [] : [WANTED, 4, ...wordOf(wanted)]),
    ...(from === undefined ? [] : [SERVER, 4, ...wordOf(from)]),
    255,
  ])
  const packet = new Uint8Array(headerBytes(PATH) + options.length)
  fill(packet, PATH, {
    ethernet: { source: client, destination: 0xffffffffffff },
    ipv4: { source: '0.0.0.0', destination: '255.255.255.255' },
    udp: { sourcePort: 68, destinationPort: 67 },
    dhcp: { op: 1, xid: 7, chaddr: client, ciaddr },
    payload: options,
  })
  return packet
}

const clock = performance.now.bind(performance)
let later = 0
performance.now = () => clock() + later
t.teardown(() => {
  performance.now = clock
})
const [A, B] = [0x020000000001, 0x020000000002]

/** The type of the answer and the address in it; nothing where there is none. */
function ask(tested: ReturnType<typeof tester>, client: number, type: number, wish?: Wish) {
  const { verdict, bytes } = tested.receive(message(client, type, wish))
  if (verdict === DROP) return 'nothing'
  t.equal(verdict, tx(0))
  const at = locate(bytes)
  return [
    bytes[dhcp.option(bytes, at, MESSAGE) + dhcpOption.BYTES],
    formatIpv4(dhcp.yiaddr(bytes, at)),
    formatIpv4(ipv4.destination(bytes, at)),
  ]
}
const EVERYBODY = '255.255.255.255'
const start = () => tester(server, { data: CONFIG, ports: 1 })
const lent = { wanted: '10.77.0.100', from: '10.77.0.9' }

t.test('leases end', async (t) => {
  const tested = start()
  t.same(ask(tested, A, DISCOVER), [OFFER, '10.77.0.100', EVERYBODY])
  t.same(ask(tested, A, REQUEST, lent), [ACK, '10.77.0.100', EVERYBODY])
  t.equal(ask(tested, B, DISCOVER), 'nothing', 'all are lent')
  later += 90_000
  const renewed = ask(tested, A, REQUEST, { ciaddr: '10.77.0.100' })
  t.same(renewed, [ACK, '10.77.0.100', '10.77.0.100'], 'renewed in time')
  later += 90_000
  t.equal(ask(tested, B, DISCOVER), 'nothing', 'so it lasts')
  later += 20_000
  t.same(ask(tested, B, DISCOVER), [OFFER, '10.77.0.100', EVERYBODY], 'over')
  t.equal(ask(tested, A, REQUEST, { ciaddr: '10.77.0.100' }), 'nothing', 'it is offered to somebody else')
  later += 61_000
  t.same(ask(tested, A, DISCOVER), [OFFER, '10.77.0.100', EVERYBODY], 'an offer that nobody took is over too')
})

t.test('release', async (t) => {
  const tested = start()
  ask(tested, A, DISCOVER)
  ask(tested, A, REQUEST, lent)
  t.equal(ask(tested, B, RELEASE, { ciaddr: '10.77.0.100', from: '10.77.0.9' }), 'nothing')
  t.equal(ask(tested, B, DISCOVER), 'nothing', "nobody releases another one's")
  t.equal(ask(tested, A, RELEASE, { ciaddr: '10.77.0.101', from: '10.77.0.9' }), 'nothing')
  t.equal(ask(tested, B, DISCOVER), 'nothing', 'nor one that is not his')
  t.equal(ask(tested, A, RELEASE, { ciaddr: '10.77.0.100', from: '10.77.0.9' }), 'nothing')
  t.same(ask(tested, B, DISCOVER), [OFFER, '10.77.0.100', EVERYBODY], 'free at once')
})

t.test('NAK', async (t) => {
  const tested = start()
  t.same(
    ask(tested, A, REQUEST, { wanted: '10.9.9.9' }),
    [NAK, '0.0.0.0', EVERYBODY],
    'an address of elsewhere',
  )
  ask(tested, A, DISCOVER)
  const refused = ask(tested, A, REQUEST, { ciaddr: '10.77.0.101' })
  t.same(refused, [NAK, '0.0.0.0', EVERYBODY], 'one that it never had')
  t.equal(ask(tested, A, REQUEST, { ...lent, from: '10.77.0.8' }), 'nothing', "another server's offer")
  t.same(ask(tested, A, REQUEST, lent), [ACK, '10.77.0.100', EVERYBODY], 'and it can have its own')
})

t.test('ARP', async (t) => {
  const tested = start()
  const request = (target: string) => {
    const packet = new Uint8Array(60)
    fill(packet, 'ethernet/arp', {
      ethernet: { source: A, destination: 0xffffffffffff },
      arp: { senderHardware: A, senderProtocol: '10.77.0.100', targetProtocol: target },
    })
    return packet
  }
  const { verdict, bytes } = tested.receive(request('10.77.0.9'))
  t.equal(verdict, tx(0))
  const at = locate(bytes)
  t.equal(arp.operation(bytes, at), 2)
  t.equal(arp.senderProtocol(bytes, at), parseIpv4('10.77.0.9'))
  t.equal(arp.senderHardware(bytes, at), 0x020000000009)
  t.equal(ethernet.destination(bytes), A)
  t.equal(tested.receive(request('10.77.0.100')).verdict, DROP, 'it speaks for itself only')
})
