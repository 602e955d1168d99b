// `rxburst flows` counts what the generators have sent, per flow: with two workers of whom each has its own table, and
// with the most of them first.
import { open, type Port } from 'rxburst'
import t from 'tap'
import { bin, ended, rxburst } from '../fixtures/child.js'
import { controlFolder } from '../fixtures/control.js'
import { finish, start } from '../fixtures/plane.js'
import { flowing, WIRE, whileRunning } from '../fixtures/traffic/flows.js'

const FLOWS = 40

interface Listed {
  flows: {
    key: { protocol: string; source_port: number; destination: string; vlan?: number; port: number }
    layer: string
    why: string
    packets: number
    bytes: number
    age_ms: number
    idle_ms: number
    action: string
    worker: number
  }[]
  total: number
  tables: number
}

// Flow n has n + 1 times as many packets as flow 0; the second worker sends twice as many of each.
const source = flowing(`
  const { flows } = context.data
  const { index } = context
  const out = 2 * index
  const table = context.flows.shape('5tuple', { idleMs: 0 })
  const drop = context.flows.action(DROP)
  const made = template('ethernet/ipv4/udp', { ipv4: { source: '198.18.0.1', destination: '198.18.0.2' } }, 64)
  const left = []
  for (let n = 0; n < flows; n++) for (let k = 0; k < (n + 1) * 10 * (index + 1); k++) left.push(n)
  context.onTurn(() => {
    for (let i = 0; i < 16 && left.length > 0; i++) {
      const packet = context.alloc(64)
      if (packet === null) return
      made.put(packet)
      udp.setSourcePort(packet, made.at, 1000 + left.pop())
      packet.send(out)
    }
  })
  return perPacket((packet) => table.add(packet, drop))
`)

t.test('two workers', async (t) => {
  controlFolder(t)
  const data = { flows: FLOWS }
  const ports: Port[] = []
  for (const name of WIRE) ports.push(await open(name))
  const workers = [0, 1].map((i) => ({
    queues: [...ports[2 * i].queues, ...ports[2 * i + 1].queues],
    data,
  }))
  const { plane } = await start(t, source, { open: [], ports, workers, name: 'fw' })
  const each = (FLOWS * (FLOWS + 1) * 10) / 2
  await whileRunning(plane, 'all were received', () => plane.snapshot().rx.packets === 3 * each)
  const list = async (...words: string[]): Promise<Listed> => {
    const { code, stdout, stderr } = await rxburst(t, 'flows', ...words, '--json')
    t.equal(code, 0, stderr)
    t.match(stdout, /^\{"flows":\[.*\],"total":\d+,"tables":\d+\}\n$/, 'one line')
    return JSON.parse(stdout)
  }

  const all = await list('fw')
  t.equal(all.total, 2 * FLOWS)
  t.equal(all.tables, 1)
  t.same(
    all.flows.map(({ packets }) => packets),
    [...all.flows.map(({ packets }) => packets)].sort((a, b) => b - a),
    'most packets first',
  )
  for (const worker of [0, 1]) {
    const its = all.flows.filter((flow) => flow.worker === worker)
    t.same(
      its.sort((a, b) => a.key.source_port - b.key.source_port).map(({ packets }) => packets),
      Array.from({ length: FLOWS }, (_, n) => (n + 1) * 10 * (worker + 1)),
      `each flow of worker ${worker} has all its packets, the first included`,
    )
    t.ok(its.every(({ packets, bytes }) => bytes === 64 * packets))
    t.ok(its.every(({ key }) => key.port === 2 * worker + 1 && key.vlan === undefined))
  }
  t.match(all.flows[0], {
    key: { protocol: 'udp', source: '198.18.0.1', destination: '198.18.0.2', destination_port: 9 },
    layer: 'worker',
    why: 'asked',
    age_ms: Number,
    idle_ms: Number,
    action: 'DROP',
    table: 0,
  })
  t.ok(all.flows.every(({ age_ms, idle_ms }) => age_ms >= idle_ms && age_ms < 1e6))

  const top = await list(`${process.pid}`, '--top', 'bytes', '-n', '3')
  t.same(
    top.flows.map(({ bytes }) => bytes),
    [800, 780, 760].map((packets) => 64 * packets),
    'the three of the most bytes, of all workers',
  )
  t.equal(top.total, 2 * FLOWS, 'all were looked at')

  const text = await rxburst(t, 'flows', 'fw', '-n', '2')
  t.match(text, { code: 0, stderr: '' })
  const lines = text.stdout.split('\n')
  t.match(lines[0], /^LAYER +WHY +PACKETS +BYTES +AGE +IDLE +FLOW +ACTION$/, 'no colours in a pipe')
  t.match(
    lines[1],
    /^worker +asked +800 +51200 +\S+ m?s +\S+ m?s +udp 198\.18\.0\.1:1039 > 198\.18\.0\.2:9 port 3 +DROP$/,
  )
  t.equal(lines[3], `2 of ${2 * FLOWS} flows; -n shows more`)

  const onTerminal = [
    '-qec',
    `env -u NO_COLOR TERM=xterm "${process.execPath}" ${bin} flows fw -n 1`,
    '/dev/null',
  ]
  const shown = (await ended(t, 'script', onTerminal)).stdout
  t.ok(shown.startsWith('\x1b[1mLAYER ') && shown.includes(' ACTION\x1b[0m\r\n'), 'colours on a terminal')

  const counted = new Map<string, number>()
  for await (const flow of plane.flows.list()) {
    counted.set(`${flow.worker} ${flow.key.protocol} ${flow.key.sourcePort}`, flow.packets!)
  }
  t.equal(counted.size, 2 * FLOWS, 'plane.flows.list() has each once')
  t.equal(counted.get('1 17 1039'), 800)
  await finish(t, plane)
  for (const port of ports) await port.close()
  await t.rejects(plane.flows.list().next(), { code: 'ERR_CLOSED' })
})
