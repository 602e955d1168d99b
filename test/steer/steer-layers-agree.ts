// A filter means the same in libpcap's interpreter, in XDP by each way to reach packet bytes, and in a socket's filter.
// RXBURST_COMPARISONS=1000000 npx tap test/steer/steer-layers-agree.ts compares a million answers; RXBURST_SEED repeats
// a run.
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { compareLayers, layers } from '../fixtures/filters/compare-layers.js'
import { Random, randomPacket } from '../fixtures/filters/filters.js'
import { isFragment, randomPortRule, wholeVersions } from '../fixtures/filters/fragments.js'

const wanted = Number(process.env.RXBURST_COMPARISONS ?? 60_000)
const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 32)
const noBpf = process.geteuid?.() === 0 ? false : 'loading XDP programs takes CAP_BPF'

t.test(`random rules on random packets, seed ${seed}`, { skip: noBpf, timeout: 600_000 }, async (t) => {
  const result = compareLayers(seed, wanted, 40)
  t.same(result.differences, [])
  t.ok(result.compared >= wanted, `${result.compared} answers compared`)
  t.ok(result.matched > result.compared / 100, `${result.matched} packets matched something`)
  t.ok(
    result.tooLarge <= 4 + result.accepted / 200, // one in some thousand is, in up to four layers; the seed is another each time
    `${result.tooLarge} of ${result.accepted} rule sets were too large`,
  )
})

t.test(`fragments are taken when their datagram may match, seed ${seed}`, async (t) => {
  const r = new Random(seed)
  const differences: string[] = []
  let compared = 0
  let taken = 0
  while (compared < wanted / 100 && differences.length < 5) {
    const rule = randomPortRule(r)
    try {
      native.rules.compile(rule)
    } catch {
      continue // libpcap sees that no packet can match
    }
    const packet = randomPacket(r, 74)
    const type = (packet[12] << 8) | packet[13]
    // Behind another extension header the protocol is not looked for, and a fragment of a fragment is not put together.
    if (!isFragment(packet) || (type !== 0x800 && (packet[20] !== 44 || packet[54] === 44))) continue
    const versions = wholeVersions(packet, rule)
    const bytes = Uint8Array.from(Buffer.concat(versions))
    const lengths = Uint32Array.from(versions, (each) => each.length)
    const expected = Number(
      native.testing.answers({ expressions: [rule], packets: bytes, lengths, layer: 'libpcap' }).includes(1),
    )
    const got = native.testing.answers({
      expressions: [rule],
      packets: packet,
      lengths: Uint32Array.of(packet.length),
      layer: 'libpcap',
      fragments: 'take',
    })[0]
    compared++
    taken += got
    if (got !== expected)
      differences.push(
        `taken ${got}, may match ${expected}: ${rule} on ${Buffer.from(packet).toString('hex')}`,
      )
  }
  t.same(differences, [])
  t.ok(taken > compared / 10 && taken < compared, `${taken} of ${compared} fragments were taken`)
})

const udp = (length: number) => {
  const bytes = new Uint8Array(length)
  bytes.set([8, 0, 0x45], 12)
  bytes[23] = 17
  return bytes
}
const answer = (expressions: string[], packet: Uint8Array, layer: string, fate?: 'leave' | 'take') =>
  native.testing.answers({
    expressions,
    packets: packet,
    lengths: Uint32Array.of(packet.length),
    layer,
    fragments: fate,
  })[0]

// What must hold by definition, whatever libpcap says; a matching packet answers 1.
const cases: [what: string, expression: string, packet: Uint8Array, matches: boolean][] = [
  ['a load out of the packet rejects', 'ether[60] = 0', udp(60), false],
  ['also under not', 'not ether[60] = 1', udp(60), false],
  ['the last byte is inside', 'ether[59] = 0', udp(60), true],
  ['an overflow of X + k rejects', 'not ether[4294967295 + len] = 1', udp(60), false],
  ['a division by zero rejects, also under not', 'not (7 / ether[1] = 1)', udp(60), false],
  ['so does a modulo', 'not (7 % ether[1] = 1)', udp(60), false],
  ['a shift by 32 and more gives 0', '1 << (len - 28) = 0', udp(60), true],
  ['a shift by 31 does not', '1 << (len - 29) = 0x80000000', udp(60), true],
  ['a shift to the right too', '(len * 4) >> (len - 20) = 0', udp(60), true],
  ['len is the length on the wire', 'len = 60', udp(60), true],
  ['subtraction wraps round', 'len - 61 = 0xffffffff', udp(60), true],
  ['fragments have no ports', 'udp dst port 0', Object.assign(udp(60), { 21: 1 }), false],
]
for (const [what, expression, packet, matches] of cases)
  t.test(what, async (t) => {
    for (const layer of ['libpcap', 'socket', ...(noBpf ? [] : ['xdp', 'xdp-helper', 'xdp-fragments'])])
      t.equal(answer([expression], packet, layer), Number(matches), `${layer}: ${expression}`)
  })

const ip6 = (next: number[], length = 74) => {
  const bytes = new Uint8Array(length)
  bytes.set([0x86, 0xdd, 0x60], 12)
  bytes[20] = next[0]
  bytes.set(next.slice(1), 54)
  return bytes
}
const port = 'udp dst port 4321'
const first = Object.assign(udp(60), { 20: 0x20, 36: 4321 >> 8, 37: 4321 & 255 })
const later = Object.assign(udp(60), { 20: 0, 21: 1 })
const tagged = Uint8Array.from([...first.slice(0, 12), 0x81, 0, 0, 5, ...first.slice(12)])
const first6 = ip6([44, 17, 0, 0, 1, 0, 0, 0, 1, 0, 9, 4321 >> 8, 4321 & 255])
const later6 = ip6([44, 17, 0, 0, 8, 0, 0, 0, 1])
const options6 = ip6([0, 44, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 9])
const tcp6 = ip6([44, 6, 0, 0, 8])
// The packet, the rule, and whether it matches where fragments are left, and where they are taken.
const fragments: [what: string, expression: string, packet: Uint8Array, left: boolean, taken: boolean][] = [
  ['a first fragment', port, first, false, true],
  ['a later one', port, later, false, true],
  ['one from another address', `${port} and src host 10.9.9.9`, later, false, false],
  ['one of another protocol', 'tcp port 4321', later, false, false],
  ['one behind a VLAN tag', `vlan 5 and ${port}`, tagged, false, true],
  ['one that a rule without ports matches', 'udp', later, true, true],
  ['the same, where another part reads ports', `udp or tcp port 80`, later, false, true],
  ['what is not that port', 'not udp port 53', later, false, true],
  ['by the bytes of the header', 'udp[2:2] = 4321', first, false, true],
  [
    'a packet that must not be fragmented is none',
    port,
    Object.assign(first.slice(), { 20: 0x40 }),
    true,
    true,
  ],
  ['IPv6: a first fragment', port, first6, false, true],
  ['IPv6: a later one', port, later6, false, true],
  ['IPv6: one of another protocol', port, tcp6, false, false],
  ['IPv6: behind another extension header', 'not udp port 53', options6, false, true],
]
for (const [what, expression, packet, left, taken] of fragments)
  t.test(`fragments: ${what}`, async (t) => {
    for (const layer of ['libpcap', ...(noBpf ? ['socket'] : layers)]) {
      t.equal(answer([expression], packet, layer, 'leave'), Number(left), `${layer} leaves: ${expression}`)
      t.equal(answer([expression], packet, layer, 'take'), Number(taken), `${layer} takes: ${expression}`)
    }
  })

t.test('packets in several buffers are read through', { skip: noBpf }, async (t) => {
  const packet = udp(9000)
  packet[8999] = 42
  t.equal(answer(['ether[8999] = 42'], packet, 'xdp-fragments'), 1)
  t.equal(answer(['ether[9000] = 42'], packet, 'xdp-fragments'), 0)
  t.equal(answer(['len = 9000'], packet, 'xdp-fragments'), 1)
})
