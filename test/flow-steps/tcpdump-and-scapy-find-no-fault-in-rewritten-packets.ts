// Packets that scapy makes go through each step and through random combinations of steps: `tcpdump -vv` finds every
// checksum and length right, and scapy computes the same bytes. RXBURST_SEED repeats a run.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dnat, encap, type Step, setMac, snat, ttl, tx, vlanPop, vlanPush } from 'rxburst'
import t, { type Test } from 'tap'
import { pcapFile } from '../fixtures/captures.js'
import { execute, type Random, randomOf, seedOfRun } from '../fixtures/flows/actions.js'
import { python } from '../fixtures/grant.js'

interface Packet {
  bytes: Uint8Array
  /** Of the layers in the packet, in scapy's words. */
  layers: string[]
}

// Odd lengths, UDP checksum 0 over both versions of IP, with a tag and without.
const MAKER = `
import json, random, sys
from scapy.all import *
random.seed(int(sys.argv[1]))
load = lambda: Raw(bytes(random.randrange(256) for _ in range(random.randrange(40))))
port = lambda: random.randrange(41000, 42000) # of which tcpdump knows no program
ether = lambda tagged: Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02') / (Dot1Q(vlan=random.randrange(1, 4095)) if tagged else NoPayload())
for n in range(4):
    for tagged in (False, True):
        for six in (False, True):
            ip = IPv6(src=RandIP6()._fix(), dst=RandIP6()._fix(), hlim=random.randrange(2, 256)) if six else \\
                 IP(src=RandIP()._fix(), dst=RandIP()._fix(), ttl=random.randrange(2, 256), id=n)
            echo = ICMPv6EchoRequest(id=port(), seq=n) if six else ICMP(id=port(), seq=n)
            for layer in (UDP(sport=port(), dport=9), UDP(sport=port(), dport=9, chksum=0),
                          TCP(sport=port(), dport=9, flags='PA', options=[('MSS', 1400), ('NOP', None), ('WScale', 3)]), echo):
                p = ether(tagged) / ip / layer / load()
                print(json.dumps([bytes(p).hex(), [l.__name__ for l in p.layers()]]))
`

// The same bytes once more, after scapy has computed every length and checksum but UDP's where it is 0.
const AGAIN = `
import sys
from scapy.all import *
for line in sys.stdin:
    p = Ether(bytes.fromhex(line.strip()))
    l = p
    while l and not isinstance(l, NoPayload):
        zero = isinstance(l, UDP) and l.chksum == 0
        for name in ('len', 'plen', 'chksum', 'cksum'):
            if name in l.fields and not (zero and name == 'chksum'): del l.fields[name]
        l = l.payload
    print(bytes(p).hex())
`

function scapy(program: string, args: string[], input?: string): string[] {
  const { stdout, stderr, status } = spawnSync(python, ['-c', program, ...args], { encoding: 'utf8', input })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim().split('\n')
}

const folder = mkdtempSync(join(tmpdir(), 'rxburst-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const TIME = /^\d\d:\d\d:\d\d\.\d{6} /m

/** What tcpdump says, a text a packet. */
function tcpdump(packets: Uint8Array[]): string[] {
  const file = join(folder, 'packets.pcap')
  writeFileSync(
    file,
    pcapFile(
      { little: true },
      packets.map((bytes, i) => ({ bytes, time: BigInt(i) * 1000n })),
    ),
  )
  const { stdout, stderr, status } = spawnSync('tcpdump', ['-vv', '-e', '-nn', '-r', file], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim().split(TIME).slice(1) // a frame inside a tunnel begins a line too, and has no time
}

// tcpdump calls 0 bad over IPv6, where RFC 6935 allows it for tunnels; a step leaves it.
const FAULT = /(?<![:\w])bad (?!udp cksum 0x0000)|wrong|incorrect|truncated|\[\||invalid|length mismatch/i
/** What steps made of packets, for scapy: it takes seconds to start. */
const made: { name: string; packets: Uint8Array[] }[] = []
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Executes the steps on all packets that are fit for them, and has both programs look at them. */
function look(t: Test, name: string, steps: readonly Step[], packets: Uint8Array[], wanted?: RegExp) {
  const { executed, outside, unfit } = execute([...steps, tx(1)], packets)
  t.notOk(outside, `${name}: nothing is written outside the frames`)
  t.equal(unfit, 0, `${name}: all ${packets.length} are fit`)
  const after = executed.map(({ packet }) => packet)
  const said = tcpdump(after)
  t.equal(said.length, packets.length)
  t.same(
    said.filter((text) => FAULT.test(text)),
    [],
    `${name}: tcpdump finds no fault`,
  )
  if (wanted)
    t.same(
      said.filter((text) => !wanted.test(text)),
      [],
      `${name}: tcpdump sees ${wanted}`,
    )
  made.push({ name, packets: after })
}

const all = scapy(MAKER, [String(seedOfRun)]).map((line): Packet => {
  const [text, layers] = JSON.parse(line) as [string, string[]]
  return { bytes: Uint8Array.from(Buffer.from(text, 'hex')), layers }
})
const of = (...layers: string[]) =>
  all.filter((p) => layers.every((layer) => p.layers.includes(layer))).map(({ bytes }) => bytes)
const everything = of()
const four = [...of('IP', 'UDP'), ...of('IP', 'TCP')]
const six = [...of('IPv6', 'UDP'), ...of('IPv6', 'TCP')]
const MAC = { dst: '02:00:00:00:12:34', src: '02:00:00:00:56:78' }

t.test(`each step, seed ${seedOfRun}`, async (t) => {
  const said = tcpdump(everything)
  t.same(
    said.filter((text) => FAULT.test(text)),
    [],
    'as scapy made them',
  )
  look(t, 'setMac', [setMac(MAC)], everything, /^02:00:00:00:56:78 > 02:00:00:00:12:34/)
  look(t, 'dnat', [dnat({ ip: '192.0.2.7', port: 40001 })], four, /> 192\.0\.2\.7\.40001:/)
  look(t, 'dnat of IPv6', [dnat({ ip: '2001:db8::7', port: 40001 })], six, /> 2001:db8::7\.40001:/)
  look(t, 'dnat of ICMP', [dnat({ ip: '192.0.2.7' })], of('IP', 'ICMP'), /> 192\.0\.2\.7: ICMP/)
  look(t, 'snat', [snat({ ip: '192.0.2.8', port: 40002 })], four, /192\.0\.2\.8\.40002 >/)
  look(t, 'snat of IPv6', [snat({ ip: '2001:db8::8', port: 40002 })], six, /2001:db8::8\.40002 >/)
  look(t, 'snat of ICMPv6', [snat({ ip: '2001:db8::8' })], of('IPv6', 'ICMPv6EchoRequest'), /2001:db8::8 >/)
  look(
    t,
    'ports alone',
    [snat({ port: 40003 }), dnat({ port: 40004 })],
    [...four, ...six],
    /\.40003 > .*\.40004:/,
  )
  look(t, 'ttl', [ttl()], everything)
  look(t, 'vlanPush', [vlanPush(0x6123)], everything, /vlan 291, p 3/)
  look(t, 'vlanPop', [vlanPop()], of('Dot1Q'), /^(?!.*vlan)/s)
})

t.test(`random combinations, seed ${seedOfRun}`, async (t) => {
  const r = randomOf(seedOfRun)
  const pool = (version: 4 | 6): Step[] => [
    setMac(MAC),
    dnat({ ip: version === 4 ? '192.0.2.9' : '2001:db8::9', port: 41_000 + r.int(1000) }),
    snat({ ip: version === 4 ? '198.51.100.1' : '2001:db8::a' }),
    snat({ port: 41_000 + r.int(1000) }),
    ttl(),
    vlanPush(1 + r.int(4094)),
  ]
  for (let round = 0; round < 8; round++)
    for (const version of [4, 6] as const) {
      const steps = mixed(r, pool(version))
      look(t, names(steps), steps, version === 4 ? four : six)
    }
})

const names = (steps: readonly Step[]) => steps.map((step) => (step as { name: string }).name).join(', ')
const mixed = (r: Random, steps: Step[]) => steps.filter(() => r.chance(0.6)).sort(() => r.next() - 0.5)

// VXLAN over both, GRE and IP in IP, by scapy; their lengths and checksums are left to encap.
const OUTER = `
from scapy.all import *
e = Ether(src='02:00:00:00:00:0a', dst='02:00:00:00:00:0b')
four = IP(src='192.0.2.1', dst='192.0.2.2', ttl=64, flags='DF')
six = IPv6(src='2001:db8::1', dst='2001:db8::2')
vxlan = UDP(sport=40000, dport=4789, chksum=0) / VXLAN(vni=42)
summed = UDP(sport=40000, dport=4789, chksum=1) / VXLAN(vni=42)
for p in (e/four/vxlan, e/four/summed, e/six/vxlan, e/six/summed, e/Dot1Q(vlan=5)/four/vxlan, e/four/GRE(proto=0x6558), e/four/GRE(proto=0x800),
          e/IP(src='192.0.2.1', dst='192.0.2.2', proto=4), e/IP(src='192.0.2.1', dst='192.0.2.2', proto=41), e/IPv6(src='2001:db8::1', dst='2001:db8::2', nh=4)):
    print(bytes(p).hex())
`

t.test('encap', async (t) => {
  const headers = scapy(OUTER, []).map((line) => Uint8Array.from(Buffer.from(line, 'hex')))
  const inner4 = [...four, ...of('IP', 'ICMP')]
  const inner6 = [...six, ...of('IPv6', 'ICMPv6EchoRequest')]
  const plans: [string, Uint8Array[], RegExp][] = [
    ['VXLAN', everything, /192\.0\.2\.1\.40000 > 192\.0\.2\.2\.4789: \[no cksum\] VXLAN.*vni 42/s],
    ['VXLAN with a checksum', everything, /192\.0\.2\.2\.4789: \[udp sum ok\] VXLAN/],
    ['VXLAN over IPv6', everything, /2001:db8::2\.4789: .*VXLAN/],
    ['VXLAN over IPv6 with a checksum', everything, /2001:db8::2\.4789: \[udp sum ok\] VXLAN/],
    ['VXLAN in a VLAN', everything, /vlan 5, .*VXLAN/s],
    ['GRE of frames', everything, /GREv0.*TEB/s],
    ['GRE of IPv4', inner4, /GREv0.*IPv4|GREv0.*proto IPv4/s],
    ['IP in IP', inner4, /IPIP \(4\)/],
    ['IPv6 in IP', inner6, /IPv6 \(41\)/],
    ['IP in IPv6', inner4, /IPIP \(4\)|next-header IPIP/],
  ]
  t.equal(headers.length, plans.length)
  for (const [i, [name, packets, wanted]] of plans.entries())
    look(t, name, [encap(headers[i])], packets, wanted)
})

t.test('scapy computes the same', async (t) => {
  const after = made.flatMap(({ packets }) => packets.map(hex))
  t.ok(after.length > 1000, `${after.length} packets`)
  const again = scapy(AGAIN, [], after.join('\n'))
  for (const { name, packets } of made) t.same(again.splice(0, packets.length), packets.map(hex), name)
})
