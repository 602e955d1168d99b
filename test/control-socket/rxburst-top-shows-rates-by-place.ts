// `rxburst top --once` has rates by port, queue, worker, rule and table of flows, in 80 columns or as JSON.
import t from 'tap'
import { frameOf, History } from '../../dist/lib/cli/top/frame.js'
import { type View, viewOf } from '../../dist/lib/cli/top/rates.js'
import { bin, rxburst, start } from '../fixtures/child.js'
import { controlFolder } from '../fixtures/control.js'
import { processor } from '../fixtures/plane.js'

// Packets go round; those of the second worker belong to a flow, and there is a counter.
const BUSY = `
  import { tx } from 'rxburst'
  export default ({ alloc, onTurn, counter, flows, queues }) => {
    const seen = counter('seen')
    const table = flows.shape('5tuple')
    let sent = 0
    onTurn(() => { for (; sent < 64; sent++) alloc(60).send(queues[0].port) })
    return (burst) => {
      seen.add(burst.count)
      burst.setAll(tx(burst.port))
    }
  }`

const KEYS = ['rx', 'tx', 'dropped', 'passed', 'rejected'] as const
type Counts = Record<(typeof KEYS)[number], number> & { rates: Record<string, number> }

t.test('rxburst top --once', async (t) => {
  controlFolder(t)
  const file = processor(t, BUSY).pathname
  t.match(await rxburst(t, 'top', '--once'), {
    code: 1,
    stdout: '',
    stderr: /no data plane runs\. Start one: npx rxburst run .*\[ERR_NO_PLANE\]/,
  })
  const run = [bin, 'run', file, 'loop:a', 'loop:b', '--cpus', '0,1', '--queues', '0,1', '--idle', 'wait']
  const plane = start(t, process.execPath, [...run, '--name', 'fw'])
  await plane.says('ready')

  const { code, stdout, stderr } = await rxburst(t, 'top', '--once', '--json', '--interval', '0.5')
  t.equal(code, 0, stderr)
  t.equal(stdout.split('\n').length, 2, 'one line')
  const all = JSON.parse(stdout)
  t.match(all, {
    pid: plane.process.pid,
    name: 'fw',
    state: 'running',
    by_port: [{ port: 'loop:a' }, { port: 'loop:b' }],
    by_worker: [
      { worker: 0, cpu: 0 },
      { worker: 1, cpu: 1 },
    ],
    flow_tables: [
      { worker: 0, table: 0, shape: '5tuple', entries: 0, hits: 0 },
      { worker: 1, table: 0, shape: '5tuple' },
    ],
    rules: [],
  })
  t.equal(all.by_queue.length, 4)
  t.ok(all.rates.rx_pps > 0 && all.rates.tx_pps > 0, 'there are rates')
  t.ok(all.interval >= 0.5)
  for (const parts of ['by_port', 'by_queue', 'by_worker'])
    for (const key of KEYS)
      t.equal(
        (all[parts] as Counts[]).reduce((sum, each) => sum + each[key], 0),
        all[key],
        `${key} of ${parts} adds up`,
      )
  t.ok(all.counters.seen > 0)

  const text = await rxburst(t, 'top', 'fw', '--once', '--interval', '0.2')
  t.equal(text.code, 0, text.stderr)
  const lines = text.stdout.split('\n')
  t.ok(
    lines.every((line) => line.length <= 80),
    '80 columns',
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: there are none
  t.notMatch(text.stdout, /\x1b/, 'no colours for a pipe')
  for (const heading of ['PORT', 'WORKER', 'QUEUE', 'FLOW TABLE', 'COUNTER'])
    t.ok(
      lines.some((line) => line.startsWith(heading)),
      heading,
    )
  t.match(text.stdout, /^loop:a 1 .*[▁▂▃▄▅▆▇█]/m, 'a bar')

  t.match(await rxburst(t, 'top', 'fw'), { code: 1, stderr: /top --once.*\[ERR_BAD_OPTION\]/ })
  t.match(await rxburst(t, 'top', 'fw', '--json'), { code: 1, stderr: /\[ERR_BAD_OPTION\]/ })
  t.match(await rxburst(t, 'top', 'fx', '--once'), { code: 1, stderr: /did you mean fw\?.*\[ERR_NO_PLANE\]/ })
  const other = start(t, process.execPath, [bin, 'run', file, 'loop:c', '--idle', 'wait'])
  await other.says('ready')
  t.match(await rxburst(t, 'top', '--once'), {
    code: 1,
    stderr: /2 data planes run: .*fw \(\d+\).*Say which: npx rxburst top .*\[ERR_BAD_ARGUMENT\]/,
  })
})

t.test('losses, rules and long names', async (t) => {
  const place = (rx: number, lost: number) => ({
    port: 'afxdp:a-very-long-interface-name0',
    queue: 0,
    worker: 0,
    ...{ rx, tx: 0, dropped: rx, passed: 0, rejected: 0, hits: 0, shown: rx, copied: 0 },
    ...{ rx_bytes: rx * 60, tx_bytes: 0 },
    lost: { rx_ring_full: lost, rx_dropped: 0 },
  })
  const answer = (seconds: number, rx: number, lost: number) => ({
    ...{
      pid: 1,
      name: '\u001b[2J',
      user: 'u',
      uid: 0,
      state: 'running' as const,
      processor: '/x/fw.ts',
      seconds,
    },
    ports: [{ name: 'afxdp:a-very-long-interface-name0', queues: [0] }],
    workers: [{ cpu: 1, queues: [] }],
    counts: { rx, tx: 0, dropped: rx, passed: 0, rejected: 0, rx_bytes: 0, tx_bytes: 0, lost },
    by_queue: [place(rx, lost)],
    counters: {},
    rules: [
      { port: 'afxdp:a', expression: `udp ${'and udp '.repeat(20)}`, action: 'steer' as const, packets: rx },
    ],
    flow_tables: [],
  })
  const view: View = viewOf(answer(1, 1000, 10), answer(3, 5000, 30))
  t.match(view.total, { rates: { rx: 2000 }, lost_rates: { rx_ring_full: 10, rx_dropped: 0 } })
  t.match(view.rules, [{ pps: 2000 }])
  const frame = (rows: number, styled: boolean) => frameOf(view, new History(), { columns: 80, rows, styled })
  const plain = frame(100, false)
  t.ok(plain.every((line) => line.length <= 80))
  t.match(plain.join('\n'), /^LOST .*\nafxdp:a-very…ace-name0 0 +30 +10 {2}rx_ring_full$/m)
  t.notMatch(plain.join('\n'), /rx_dropped/, 'what was never lost has no line')
  const red = frame(100, true).filter((line) => line.startsWith('\u001b[31m'))
  t.equal(red.length, 1)
  t.ok(red[0].endsWith('\u001b[0m'))
  t.match(red[0], /rx_ring_full.*$/, 'a loss is red')
  t.notMatch(plain[0], '\u001b', 'no control characters of a name')
  const short = frame(5, false)
  t.equal(short.length, 5)
  t.match(short[4], /^… \d+ lines more$/)
})
