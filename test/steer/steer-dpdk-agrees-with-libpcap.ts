// On a DPDK port rules are compiled by DPDK's own BPF, and mean what libpcap's interpreter says; rules can change
// meanwhile. RXBURST_COMPARISONS=1000000 npx tap test/steer/steer-dpdk-agrees-with-libpcap.ts compares a million
// answers; RXBURST_SEED repeats a run.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { native } from '../../dist/lib/native.js'
import { dpdkTest, folderOf, writePcap } from '../fixtures/dpdk.js'
import { Random, randomExpression, randomPacket } from '../fixtures/filters/filters.js'
import { answersThatLeave } from '../fixtures/filters/fragments.js'
import { finish, start, until } from '../fixtures/plane.js'

const PACKETS = 2000
const RULE_SETS = Math.ceil(Number(process.env.RXBURST_COMPARISONS ?? 80_000) / PACKETS)
const SHORTEST = 14
const none = new Uint8Array(0)
let made = 0
const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 32)
const drop = `import { DROP } from 'rxburst'; export default () => (burst) => burst.setAll(DROP)`

/** Sets of rules, one after the other, on the same packets. */
async function agree(t: Test, r: Random, sets: Iterable<string[]>) {
  const packets = Array.from({ length: PACKETS }, () => randomPacket(r, SHORTEST))
  const bytes = Uint8Array.from(Buffer.concat(packets))
  const lengths = Uint32Array.from(packets, (packet) => packet.length)
  const file = join(folderOf(t), 'in.pcap')
  writePcap(file, packets)
  const layers = new Set<string>()
  for (const rules of sets) {
    const fragments = r.pick(['leave', 'leave', 'take'] as const)
    const answers =
      fragments === 'leave'
        ? answersThatLeave(rules, packets)
        : native.testing.answers({ expressions: rules, packets: bytes, lengths, layer: 'libpcap', fragments })
    const expected = rules.map((_, i) => answers.filter((answer) => answer === i + 1).length)
    const { plane, opened } = await start(t, drop, {
      open: [[`dpdk:net_pcap${made++},rx_pcap=${file}`, { steer: rules, fragments }]],
    })
    const [port] = opened
    layers.add(port.capabilities.steering[0].software)
    const lost = () => plane.snapshot().lost.filtered
    const taken = expected.reduce((sum, n) => sum + n, 0)
    await until('the file is read', () => plane.snapshot().rx.packets + lost() >= PACKETS)
    t.same(
      port.steer.rules.map((rule) => rule.counters.packets),
      expected,
      `fragments: '${fragments}': ${JSON.stringify(rules)}`,
    )
    const stats = await finish(t, plane)
    t.equal(stats.rx.packets, taken)
    t.equal(stats.lost.filtered, PACKETS - taken, 'what no rule took is counted')
    await port.close()
  }
  t.ok(layers.has('rte_bpf'), [...layers].join(', '))
}

function* randomSets(r: Random): Generator<string[]> {
  for (let set = 0; set < RULE_SETS; set++) {
    const rules: string[] = []
    while (rules.length < 1 + (set % 3)) {
      const expression = randomExpression(r)
      try {
        native.testing.answers({
          expressions: [expression],
          packets: none,
          lengths: new Uint32Array(0),
          layer: 'libpcap',
          fragments: 'take',
        })
        if (!rules.includes(expression)) rules.push(expression)
      } catch {
        // libpcap refuses it, or it is too large
      }
    }
    yield rules
  }
}

dpdkTest(t, `random rules on random packets, seed ${seed}`, (t) => {
  const r = new Random(seed)
  return agree(t, r, randomSets(r))
})

dpdkTest(t, 'rules that were compiled wrongly', (t) =>
  agree(t, new Random(1), [
    // DPDK 22.11 thinks it is done while jumps still move: an endless loop
    [
      'not (((src and dst net 10.0.1) or (src net 192.168.0.0/16)) and ((iso) and (tcp[3] <= ((len | 4321) - icmp[10:2]))))',
    ],
    // as many ways out as make a jump back to the first one 127 or 128 bytes long
    ...[12, 13, 14, 15, 16, 17].map((n) =>
      Array.from({ length: n }, (_, i) => `ether[12:2] = ${i} or len = ${60 + i}`),
    ),
  ]),
)

dpdkTest(t, 'rules change while packets flow', async (t) => {
  const { plane, opened } = await start(t, drop, { open: [['dpdk:net_null0', { steer: 'len < 10' }]] })
  const [port] = opened
  await until('packets are refused', () => plane.snapshot().lost.filtered > 1000)
  t.equal(plane.snapshot().rx.packets, 0)
  const rule = await port.steer.add('len >= 60')
  await until('packets are taken', () => rule.counters.packets > 1000)
  t.ok(rule.counters.bytes >= 60 * 1000)
  await port.steer.remove(rule)
  const after = await finish(t, plane)
  t.ok(after.rx.packets > 1000)
})
