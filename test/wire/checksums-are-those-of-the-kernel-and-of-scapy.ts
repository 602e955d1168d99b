// Packets that the kernel sends over a veth, and packets that scapy makes: rxburst finds their checksums right, and
// computes the same ones.
import { spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import net from 'node:net'
import { open, run } from 'rxburst'
import { headerChecksumOk, is, locate, setChecksums, transportChecksumOk, transportPlace } from 'rxburst/wire'
import t, { type Test } from 'tap'
import { python } from '../fixtures/grant.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { processor, until } from '../fixtures/plane.js'

const skip = !inNamespaceOfItsOwn() && 'this machine gives no network namespace'

const kindOf = (p: Uint8Array) => {
  const at = locate(p)
  const kinds = (['udp', 'tcp', 'icmp', 'icmpv6', 'sctp'] as const).filter((kind) => is[kind](at))
  return `${kinds.join()} over ${is.ipv4(at) ? 'IPv4' : is.ipv6(at) ? 'IPv6' : 'nothing'}`
}

/** Says of one packet what is wrong. */
function problemOf(p: Uint8Array): string {
  const at = locate(p)
  if (!is.whole(at)) return 'it is not whole'
  if (is.ipv4(at) && !headerChecksumOk(p, at)) return 'the header checksum is found wrong'
  if (!transportChecksumOk(p, at)) return 'the checksum of layer 4 is found wrong'
  const again = p.slice()
  setChecksums(again, at)
  if (Buffer.compare(again, p) !== 0) return 'another checksum is computed'
  const withoutAddresses = is.icmp(at) || is.sctp(at)
  for (let i = is.ipv4(at) ? 26 : 22; i < p.length; i++) {
    if (i === (is.ipv4(at) ? 34 : 54)) i = transportPlace(at) // no checksum covers extension headers
    const changed = p.slice()
    changed[i] ^= 0x10
    const right = locate(changed) === at && transportChecksumOk(changed, at)
    if (right && !(withoutAddresses && i < transportPlace(at))) return `a change of byte ${i} is not found`
  }
  return ''
}

function check(t: Test, packets: Uint8Array[], kinds: string[]) {
  const found = new Set(packets.map(kindOf))
  for (const kind of kinds) t.ok(found.has(kind), kind)
  const problems = packets.map((p) => ({ problem: problemOf(p), hex: Buffer.from(p).toString('hex') }))
  t.same(
    problems.filter(({ problem }) => problem),
    [],
    `${packets.length} packets`,
  )
}

const sh = (...words: string[]) => {
  const { status, stderr } = spawnSync(words[0], words.slice(1), { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`)
}

const watcher = `
  import { parentPort } from 'node:worker_threads'
  import { DROP, perPacket } from 'rxburst'
  export default () => perPacket((packet) => {
    parentPort.postMessage(packet.copy())
    return DROP
  })`

t.test('the kernel', { skip }, async (t) => {
  const [near, far] = ENDS
  sh('ethtool', '-K', near, 'tx', 'off', 'tso', 'off', 'gso', 'off')
  sh('sysctl', '-qw', `net.ipv6.conf.${near}.disable_ipv6=0`)
  sh('ip', 'addr', 'add', '10.9.9.1/24', 'dev', near)
  sh('ip', 'addr', 'add', 'fd99::1/64', 'dev', near, 'nodad')
  for (const address of ['10.9.9.2', 'fd99::2'])
    sh('ip', 'neigh', 'add', address, 'lladdr', '02:00:00:00:00:02', 'dev', near)
  const port = await open(`packet:${far}`)
  const plane = await run(processor(t, watcher), { workers: [{ queues: port.queues }] })
  t.teardown(async () => {
    await plane.stop()
    await port.close()
  })
  const sockets: net.Socket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
  })
  const packets: Uint8Array[] = []
  plane.on('message', (message) => {
    const p = message as Uint8Array
    if (/^(udp|tcp|icmp|icmpv6) over/.test(kindOf(p))) packets.push(p)
  })
  const kinds = ['udp', 'tcp'].flatMap((kind) => [`${kind} over IPv4`, `${kind} over IPv6`])
  kinds.push('icmp over IPv4', 'icmpv6 over IPv6')
  const send = () => {
    for (const [type, address] of [
      ['udp4', '10.9.9.2'],
      ['udp6', 'fd99::2'],
    ] as const) {
      const socket = dgram.createSocket(type)
      const payload = Buffer.alloc(Math.floor(Math.random() * 200), packets.length + 7)
      socket.send(payload, 4321, address, () => socket.close())
      sockets.push(net.connect(4321, address).on('error', () => {}))
      spawnSync('ping', ['-c', '1', '-W', '0.05', '-s', String(16 + (packets.length % 50)), address])
    }
  }
  await until('every kind was seen, and sixty packets', async () => {
    send()
    await new Promise((done) => setTimeout(done, 20))
    return packets.length >= 60 && kinds.every((kind) => packets.some((p) => kindOf(p) === kind))
  })
  check(t, packets, kinds)
})

const MAKER = `
import random, sys
from scapy.all import *
random.seed(int(sys.argv[1]))
load = lambda: Raw(bytes(random.randrange(256) for _ in range(random.randrange(60))))
port = lambda: random.randrange(65536)
four = lambda: Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02')/IP(src=RandIP()._fix(), dst=RandIP()._fix(), ttl=port() & 255)
six = lambda: Ether(src='02:00:00:00:00:01', dst='02:00:00:00:00:02')/IPv6(src=RandIP6()._fix(), dst=RandIP6()._fix(), fl=port())
for n in range(40):
    for ip in (four, six):
        for layer in (UDP(sport=port(), dport=9), TCP(sport=port(), dport=9, options=[('MSS', port()), ('NOP', None), ('WScale', 3)]),
                      SCTP(sport=port(), dport=9)):
            print(bytes(ip()/layer/load()).hex())
    print(bytes(four()/ICMP(id=port(), seq=n)/load()).hex())
    print(bytes(four()/ICMP(type=0, id=0, seq=0)/Raw(bytes(n))).hex())
    print(bytes(six()/ICMPv6EchoRequest(id=port(), seq=n)/load()).hex())
    print(bytes(six()/IPv6ExtHdrHopByHop()/IPv6ExtHdrDestOpt()/UDP(sport=port(), dport=9)/load()).hex())
    print(bytes(six()/ICMPv6ND_NS(tgt='fe80::%x' % port())/ICMPv6NDOptSrcLLAddr(lladdr='02:00:00:00:00:09')).hex())
`

t.test('scapy', { skip }, async (t) => {
  const seed = process.env.RXBURST_SEED ?? String(Date.now() % 1_000_000)
  const { stdout, stderr, status } = spawnSync(python, ['-c', MAKER, seed], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
  const packets = stdout
    .trim()
    .split('\n')
    .map((line) => Uint8Array.from(Buffer.from(line, 'hex')))
  const both = ['udp', 'tcp', 'sctp'].flatMap((kind) => [`${kind} over IPv4`, `${kind} over IPv6`])
  check(t, packets, [...both, 'icmp over IPv4', 'icmpv6 over IPv6'])
})
