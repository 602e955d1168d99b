// Values of `rxburst dissect --json` that tshark 4.0 gave for the same packets: edges of SACK, and options and lengths
// that lie.
import t from 'tap'
import { Conversations } from '../../dist/lib/dissect/conversations.js'
import { dissect } from '../../dist/lib/dissect/dissect.js'
import type { CapturedPacket } from '../../dist/lib/pcap/packet.js'

const MACS = '020000000002 020000000001'
const [A, B] = ['c0000201', 'c0000202']

/** What is found in a frame of these digits. */
function fieldsOf(hex: string, conversations?: Conversations) {
  const bytes = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
  const packet = { number: 1, bytes, length: bytes.length, interface: { linkType: 1 } }
  return dissect(packet as unknown as CapturedPacket, conversations).fields
}
const two = (n: number) => n.toString(16).padStart(4, '0')
const ipv4 = (protocol: string, payload: string, from = A, to = B) => {
  const bytes = payload.replaceAll(' ', '').length / 2
  return `${MACS} 0800 4500${two(20 + bytes)} 0001 0000 40${protocol} 0000 ${from} ${to} ${payload}`
}
const sack = (options: string) => `0101 05${options}`

t.test('edges of SACK count from the first number of the connection', (t) => {
  const seen = new Conversations()
  const option = sack('0a 000010f0 00001100')
  fieldsOf(ipv4('06', '04d2 0050 00001000 00000000 5002 ffff 0000 0000'), seen)
  const back = ipv4('06', `0050 04d2 00000500 00001001 8010 ffff 0000 0000 ${option}`, B, A)
  t.equal(fieldsOf(back, seen).get('tcp.options.sack_le'), 0xf0)
  t.equal(fieldsOf(back, seen).get('tcp.options.sack_re'), 0x100)
  t.equal(
    fieldsOf(back).get('tcp.options.sack_le'),
    0x10f0,
    'without the packets before it is as in the packet',
  )
  t.equal(fieldsOf(back, new Conversations()).get('tcp.options.sack_le'), 0xf0, 'one ACK says the number too')
  fieldsOf(ipv4('06', '04d2 0050 00001080 00000000 5002 ffff 0000 0000'), seen)
  t.equal(fieldsOf(back, seen).get('tcp.options.sack_le'), 0x70, 'a SYN begins a new connection')
  t.end()
})

t.test('a block of SACK that lacks an edge ends the packet', (t) => {
  const fields = fieldsOf(
    ipv4('06', `0050 04d2 00000500 00001001 8010 ffff 0000 0000 ${sack('06 00001001')} 0000 0000`),
  )
  t.equal(fields.get('tcp.options.sack_le'), 0x1001)
  t.equal(fields.get('tcp.options.sack_re'), undefined)
  t.same(fields.get('tcp.option_kind'), [1, 1, 5])
  t.end()
})

t.test('an IPv6 option that overruns its header counts, and its header too', (t) => {
  const addresses = `20010db8000000000000000000000001 20010db8000000000000000000000002`
  const fields = fieldsOf(`${MACS} 86dd 60000000 0008 00 40 ${addresses} 3b04 1e02 0000 2f40`)
  t.equal(fields.get('ipv6.hopopts.len'), 4)
  t.same(fields.get('ipv6.opt.type'), [30, 47])
  t.same(fields.get('ipv6.opt.length'), [2, 64])
  t.end()
})

t.test('a UDP length of 0 is no length in IPv4', (t) => {
  const fields = fieldsOf(ipv4('11', '04d2 0035 0000 1234 0000'))
  t.equal(fields.get('udp.length'), 0)
  t.equal(fields.get('udp.checksum'), undefined)
  t.end()
})

t.test("options of BOOTP stand behind the vendor's 64 bytes when there is no cookie", (t) => {
  const fixed = `01010600${'00'.repeat(232)}`
  const fields = fieldsOf(ipv4('11', `0044 0043 013b 0000 ${fixed} ${'00'.repeat(64)} 350101 ff`))
  t.same(fields.get('dhcp.option.type'), [53, 0])
  t.end()
})

t.test('an EtherType follows a timestamp of Arista, of 64 or 48 bits', (t) => {
  const inner = `0800 4500 0014 0001 0000 40fe 0000 ${A} ${B}`
  t.equal(fieldsOf(`${MACS} d28b 0001 0010 5ceeed57 384f59c8 ${inner}`).get('ip.ttl'), 64)
  t.equal(fieldsOf(`${MACS} d28b 0001 0120 ed97 186b42f0 ${inner}`).get('ip.ttl'), 64)
  t.end()
})
