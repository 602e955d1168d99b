// On a DPDK port rules are compiled by DPDK's own BPF, and mean what libpcap's interpreter says; rules can change meanwhile.
import { join } from 'node:path'
import t from 'tap'
import { native } from '../dist/lib/native.js'
import { dpdkTest, folderOf, writePcap } from './fixtures/dpdk.js'
import { Random, randomExpression, randomPacket } from './fixtures/filters.js'
import { finish, start, until } from './fixtures/plane.js'

const PACKETS = 2000
const RULE_SETS = 40
const SHORTEST = 14
const seed = Number(process.env.RXBURST_SEED ?? Date.now() % 2 ** 32)
const drop = `import { DROP } from 'rxburst'; export default () => (burst) => burst.setAll(DROP)`

dpdkTest(t, `random rules on random packets, seed ${seed}`, async (t) => {
  const r = new Random(seed)
  const packets = Array.from({ length: PACKETS }, () => randomPacket(r, SHORTEST))
  const bytes = Uint8Array.from(Buffer.concat(packets))
  const lengths = Uint32Array.from(packets, (packet) => packet.length)
  const file = join(folderOf(t), 'in.pcap')
  writePcap(file, packets)
  const layers = new Set<string>()
  for (let set = 0; set < RULE_SETS; set++) {
    const rules: string[] = []
    while (rules.length < 1 + (set % 3)) {
      const expression = randomExpression(r)
      try {
        native.steerCompile(expression)
        if (!rules.includes(expression)) rules.push(expression)
      } catch {
        // libpcap refuses it
      }
    }
    const answers = native.steerAnswers(rules, bytes, lengths, 'libpcap')
    const expected = rules.map((_, i) => answers.filter((answer) => answer === i + 1).length)
    const { plane, opened } = await start(t, drop, {
      open: [[`dpdk:net_pcap${set},rx_pcap=${file}`, { steer: rules }]],
    })
    const [port] = opened
    layers.add(port.capabilities.steering[0].software)
    const lost = () => plane.snapshot().lost.filtered
    const taken = expected.reduce((sum, n) => sum + n, 0)
    await until('the file is read', () => plane.snapshot().rx.packets + lost() >= PACKETS)
    t.same(
      port.steer.rules.map((rule) => rule.counters.packets),
      expected,
      JSON.stringify(rules),
    )
    const stats = await finish(t, plane)
    t.equal(stats.rx.packets, taken)
    t.equal(stats.lost.filtered, PACKETS - taken, 'what no rule took is counted')
    await port.close()
  }
  t.ok(layers.has('rte_bpf'), [...layers].join(', '))
})

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
