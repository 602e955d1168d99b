// `rxburst bench --json`: one line, every field and attribute that others rely on; and nothing is left behind.
import { spawnSync } from 'node:child_process'
import t from 'tap'
import { main } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'

const ATTRIBUTES = {
  name: String,
  kind: /^(ours|peer)$/,
  runtime: /^(ts|wasm|c)$/,
  backend: String,
  mode: String,
  api: /^(burst|perPacket|loop|none)$/,
  burst: Number,
  does: String,
  status: /^(ok|failed|missing)$/,
  generator_limited: Boolean,
  runs: Array,
}
const FIGURES = { mpps: Number, mpps_min: Number, mpps_max: Number, offered: Number, ns_per_packet: Number }

t.setTimeout(300_000) // tap's own limit of a file is half a minute, which a busy machine needs for the rounds

t.test('one scenario on the lab', { skip: noLab, timeout: 300_000 }, async (t) => {
  // The machine has one lab for benchmarks. In namespaces of its own this run shares it with nobody, however many
  // others measure now.
  const alone = 'mkdir -p /run/netns && mount -t tmpfs none /run/netns && ip link set lo up && exec "$@"'
  const bench = [process.execPath, main, 'bench', 'drop', '--json', '--duration', '1']
  const {
    status: code,
    stdout,
    stderr,
  } = spawnSync('unshare', ['--mount', '--net', 'sh', '-c', alone, 'sh', ...bench], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  t.equal(code, 0, stderr)
  t.equal(stdout.split('\n').length, 2, 'one line')
  const { machine, scenarios } = JSON.parse(stdout)
  t.match(machine, { cpu: String, cpus: Number, kernel: String, node: process.version, date: String })
  t.match(scenarios, [{ name: 'drop', results: Array, ratios: Array }])
  const [{ results, ratios }] = scenarios
  for (const row of results) {
    t.match(row, ATTRIBUTES, row.name)
    if (row.status === 'ok') t.match(row, { ...FIGURES, runs: { length: 5 } }, row.name)
    else t.match(row, { why: String }, `${row.name} says why it is absent`)
  }
  const keys = results.map((r: Record<string, unknown>) =>
    [r.kind, r.runtime, r.backend, r.device, r.mode, r.api, r.burst].join(' '),
  )
  t.equal(new Set(keys).size, keys.length, 'no two rows are picked by the same attributes')
  const ours = results.find(
    (r: { kind: string; backend: string }) => r.kind === 'ours' && r.backend === 'afxdp',
  )
  t.match(ours, { runtime: 'ts', mode: 'drop', api: 'burst', status: 'ok' }, ours.why)
  t.ok(ours.mpps > 0 && ours.mpps_min <= ours.mpps && ours.mpps <= ours.mpps_max)
  for (const ratio of ratios)
    t.match(ratio, { of: String, to: String, median: Number, min: Number, max: Number })
  t.ok(ratios.length > 0)
  const { stdout: links } = spawnSync('ip', ['link'], { encoding: 'utf8' })
  t.notMatch(links, /rxbench/, 'the lab is gone')
})
