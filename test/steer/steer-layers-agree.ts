// A filter means the same in libpcap's interpreter, in XDP by each way to reach packet bytes, and in a socket's filter.
// RXBURST_COMPARISONS=1000000 npx tap test/steer/steer-layers-agree.ts compares a million answers; RXBURST_SEED repeats a run.
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { compareLayers } from '../fixtures/compare-layers.js'

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

const udp = (length: number) => {
  const bytes = new Uint8Array(length)
  bytes.set([8, 0, 0x45], 12)
  bytes[23] = 17
  return bytes
}
const answer = (expressions: string[], packet: Uint8Array, layer: string) =>
  native.steerAnswers(expressions, packet, Uint32Array.of(packet.length), layer)[0]

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

t.test('packets in several buffers are read through', { skip: noBpf }, async (t) => {
  const packet = udp(9000)
  packet[8999] = 42
  t.equal(answer(['ether[8999] = 42'], packet, 'xdp-fragments'), 1)
  t.equal(answer(['ether[9000] = 42'], packet, 'xdp-fragments'), 0)
  t.equal(answer(['len = 9000'], packet, 'xdp-fragments'), 1)
})
