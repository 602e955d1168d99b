// What can't mean the same in every layer is refused when it is compiled, and the message names the part.
import t from 'tap'
import '../../dist/lib/errors.js'
import { native } from '../../dist/lib/native.js'

const refused: [expression: string, named: RegExp][] = [
  ['ip6 protochain 6', /`protochain`.*loop/],
  ['host example.com', /`example\.com`.*Use the address/],
  ['udp and src localhost', /`localhost`/],
  ['net loopback', /`loopback`/],
  ['ether host gateway1', /`gateway1`/],
  ['port 53 and not host a.b', /`a\.b`/],
  ['dst host 10.0.0.1 or nowhere', /`nowhere`/],
  ['inbound', /`inbound`.*direction/],
  ['udp and outbound', /`outbound`/],
  ['gateway 10.0.0.1', /`gateway`/],
  ['ether[-1] = 3', /offset -1/],
  ['ip[0] << 33 = 4', /shift by more than 31/],
  ['geneve 4 or sctp', /`geneve`.*`or`/],
  ['udp dst prot 4321', /`prot`.*Did you mean `port`\?$/],
  ['upd port 53', /`upd`.*Did you mean `udp`\?$/],
  ['tcp port 70000', /libpcap refuses.*70000/],
  ['wlan type mgt', /libpcap refuses/],
]
for (const [expression, named] of refused)
  t.test(expression, async (t) => {
    t.throws(() => native.rules.compile(expression), { code: 'ERR_STEER', message: named })
    t.throws(
      () => native.rules.compile(expression),
      { message: `\`${expression}\`` },
      'the whole filter is quoted',
    )
  })

const accepted = [
  '',
  'udp dst port 4321',
  'tcp port ssh or domain',
  'portrange ftp-ssh',
  'ip proto \\tcp',
  'ether proto \\ip',
  'net 10.0.0.0/8 and not net 192.168 mask 255.255.0.0',
  'ip6 host fe80::1 or ::1',
  'ether host 02:00:00:00:00:01 or 02-00-00-00-00-02 or 0200.0000.0001',
  'tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn',
  'icmp[icmptype] = icmp-echo or icmp6[icmp6type] = icmp6-echo',
  'vlan 5 and geneve 4 and udp',
  'len > 100 and less 200 and greater 150',
]
for (const expression of accepted)
  t.test(`takes: ${expression}`, async (t) => {
    t.ok(native.rules.compile(expression))
  })
