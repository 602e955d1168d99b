// `rxburst dissect`: lines as tcpdump prints them, objects with Wireshark's names, and what a file that is cut ends
// with.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { description, enhanced, pcapFile, section } from '../fixtures/captures.js'
import { bin } from '../fixtures/child.js'

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const MACS = '020000000002 020000000001'
const UDP = '4500001f 00010000 4011f698 c0000201 c0000202 d2040035 000bffff 616263'
const udp = bytes(`${MACS} 0800 ${UDP}`)
const tagged = bytes(`${MACS} 88a8 2064 8100 6007 0800 ${UDP}`)
const tcp = bytes(
  `${MACS} 86dd 60000000 001406 40 20010db8000000000000000000000001 20010db8000000000000000000000002 d2040050 00000001 00000002 5012 ffff 0000 0000`,
)
const quoted = bytes(
  `${MACS} 0800 45000038 00010000 4001f67f c0000202 c0000201 0303fcfc 00000000 4500001f 00010000 4011f698 c0000201 c0000202 d2040035 000bffff`,
)
const arp = bytes(
  `ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202`,
)
const START = 1_700_000_000_123_456_000n

const folder = t.testdir({})
const at = (name: string) => join(folder, name)
const all = [udp, tagged, tcp, quoted, arp].map((each, i) => ({
  bytes: each,
  time: START + BigInt(i) * 1_000_000n,
}))
writeFileSync(at('all.pcap'), pcapFile({ little: true }, all))
writeFileSync(at('cut.pcap'), readFileSync(at('all.pcap')).subarray(0, -5))
writeFileSync(
  at('raw.pcap'),
  pcapFile({ little: false }, [{ bytes: udp.subarray(14), time: START }], { ns: true, linkType: 101 }),
)
const big = { little: false }
writeFileSync(
  at('ns.pcapng'),
  Buffer.concat([
    section(big),
    description(big, 1, [[9, Uint8Array.of(9)]]),
    enhanced(big, 0, START + 789n, udp),
  ]),
)

function dissect(args: string[], input?: Buffer) {
  const argv = ['-u', 'NODE_OPTIONS', 'TZ=UTC', process.execPath, bin, 'dissect', ...args]
  const { status, stdout, stderr } = spawnSync('/usr/bin/env', argv, { cwd: folder, encoding: 'utf8', input })
  return { status, stdout, stderr }
}
const objects = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

t.test('lines', async (t) => {
  const { status, stdout } = dissect(['all.pcap'])
  t.equal(status, 0)
  t.same(stdout.split('\n'), [
    '22:13:20.123456 IP 192.0.2.1.53764 > 192.0.2.2.53: UDP, length 3',
    '22:13:20.124456 vlan 100, 7, IP 192.0.2.1.53764 > 192.0.2.2.53: UDP, length 3',
    '22:13:20.125456 IP6 2001:db8::1.53764 > 2001:db8::2.80: Flags [S.], seq 1, ack 2, win 65535, length 0',
    '22:13:20.126456 IP 192.0.2.2 > 192.0.2.1: ICMP destination unreachable, length 36',
    '22:13:20.127456 ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28',
    '5 packets, 284 bytes',
    '',
  ])
})

t.test('-e -v -x -X and the ways to show time', async (t) => {
  const lines = (...args: string[]) => dissect([...args, 'ns.pcapng']).stdout.split('\n')
  t.equal(lines('-n', '-t')[0], 'IP 192.0.2.1.53764 > 192.0.2.2.53: UDP, length 3')
  t.match(lines('-tt')[0], /^1700000000\.123456789 IP /)
  t.match(lines('-ttt')[0], /^00:00:00\.000000 IP /)
  t.match(lines('-tttt')[0], /^2023-11-14 22:13:20\.123456789 IP /)
  t.match(lines('-e', '-t')[0], /^02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype 0x0800, length 45: IP /)
  t.same(lines('-v', '-t').slice(0, 2), [
    'IP (tos 0x0, ttl 64, id 1, offset 0, flags [none], proto 17, length 31)',
    '    192.0.2.1.53764 > 192.0.2.2.53: UDP, length 3',
  ])
  t.equal(lines('-x')[1], '\t0x0000:  4500 001f 0001 0000 4011 f698 c000 0201')
  t.equal(lines('-X')[2], '\t0x0010:  c000 0202 d204 0035 000b ffff 6162 63    .......5....abc')
  t.match(lines('-A').join('\n'), /\n\S*E\.\.\.[^\n]*5\.\.\.\.abc/, 'the bytes as characters')
})

t.test('--json', async (t) => {
  const [one, two, six, error, who] = objects(dissect(['all.pcap', '--json']).stdout)
  t.match(one, {
    'frame.number': 1,
    'frame.encap_type': 1,
    'eth.dst': '02:00:00:00:00:02',
    'eth.type': 2048,
    'ip.src': '192.0.2.1',
    'ip.ttl': 64,
    'ip.len': 31,
    'udp.dstport': 53,
  })
  t.match(two, { 'ieee8021ad.id': 100, 'ieee8021ad.priority': 1, 'vlan.id': 7, 'vlan.priority': 3 })
  t.match(six, {
    'ipv6.src': '2001:db8::1',
    'ipv6.hlim': 64,
    'tcp.flags': 18,
    'tcp.flags.syn': 1,
    'tcp.seq_raw': 1,
  })
  t.match(error, {
    'icmp.type': 3,
    'icmp.code': 3,
    'ip.src': ['192.0.2.2', '192.0.2.1'],
    'ip.proto': [1, 17],
    'udp.dstport': 53,
  })
  t.match(who, { 'arp.opcode': 1, 'arp.src.hw_mac': '02:00:00:00:00:01', 'arp.dst.proto_ipv4': '192.0.2.2' })
})

t.test('another link type', async (t) => {
  t.same(objects(dissect(['raw.pcap', '--json']).stdout), [{ 'frame.number': 1, 'frame.encap_type': 7 }])
  t.match(dissect(['raw.pcap']).stdout, /link type 101, length 31\n1 packets, 31 bytes\n/)
})

t.test('a file that is cut prints what it holds, and fails', async (t) => {
  for (const args of [['cut.pcap', '--json'], ['cut.pcap']]) {
    const { status, stdout, stderr } = dissect(args)
    t.equal(status, 1)
    t.match(stderr, /the file ends in the middle of the record of packet 5, at byte \d+.*\[ERR_CAPTURE_CUT\]/)
    t.equal(stdout.trim().split('\n').length, args.length === 2 ? 4 : 5)
  }
})

t.test('the standard input, nothing, and what is no capture', async (t) => {
  t.match(dissect(['-'], readFileSync(at('all.pcap'))).stdout, /5 packets/)
  t.match(dissect(['-'], Buffer.alloc(0)), { status: 1, stderr: /ERR_CAPTURE_CUT/ })
  t.match(dissect(['none.pcap']), { status: 1, stderr: /wants a capture file: ENOENT.*\[ERR_BAD_ARGUMENT\]/ })
  t.match(dissect(['-'], Buffer.from('some text')), {
    status: 1,
    stderr: /neither a pcap nor a pcapng.*\[ERR_CAPTURE_FORMAT\]/,
  })
})

t.test('a reader that has seen enough', async (t) => {
  const many = Array.from({ length: 20_000 }, () => all[0])
  writeFileSync(at('many.pcap'), pcapFile({ little: true }, many))
  const script = `"$0" "$1" dissect many.pcap --json | head -2; echo "\${PIPESTATUS[0]}"`
  const { stdout, stderr } = spawnSync(
    '/usr/bin/env',
    ['-u', 'NODE_OPTIONS', 'bash', '-c', script, process.execPath, bin],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  t.equal(stderr, '')
  t.match(stdout, /\n0\n$/)
})
