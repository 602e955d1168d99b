// `rxburst bench flows --json`: every ratio with its id, each of two rows with figures; a note of memory and sweep.
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { withoutDpdk } from '../fixtures/dpdk.js'
import { noLab } from '../fixtures/lab.js'

const IDS = [
  'hit-drop/c',
  'hit-drop/ts',
  'lookup-100k',
  'lookup-1m',
  'insert',
  'empty',
  'miss-1k',
  'miss-1m',
].concat(...['mac-1k', 'mac-100k', 'dnat', 'mac-1m'])
const DRIVER = ['xdp-1k', 'xdp-100k', 'xdp-1m', 'xdp/ts']
if (!noLab && availableParallelism() > 1) {
  IDS.push(...DRIVER)
  if (!spawnSync('xdp-filter', ['--help']).error) IDS.push('xdp/filter')
}
const metricOf = (id: string) => {
  if (id.startsWith('miss-')) return 'ns_over'
  return id.startsWith('xdp') ? 'mpps_per_cpu' : 'mpps'
}
const ROUNDS = 3
const MIB_MAX = 100

interface Report {
  name: string
  results: { name: string; runs: number[] }[]
  ratios: { id?: string; of: string; to: string; what: string }[]
  notes: string[]
}

t.test('one short run', { skip: withoutDpdk, timeout: 280_000 }, async (t) => {
  const { code, stdout, stderr } = await rxburst(t, 'bench', 'flows', '--json', '--duration', '8')
  t.equal(code, 0, stderr)
  const [{ results, ratios, notes }] = JSON.parse(stdout).scenarios as [Report]
  const named = ratios.filter(({ id }) => id !== undefined)
  t.same(
    IDS.filter((wanted) => !named.some(({ id }) => id === wanted)),
    [],
    'no id is missing',
  )
  const runsOf = (name: string) => results.find((row) => row.name === name)?.runs.length ?? 0
  for (const { id, of, to, what } of named) {
    t.ok(runsOf(of) >= ROUNDS && runsOf(to) >= ROUNDS, `${id}: ${of} and ${to} have ${ROUNDS} rounds`)
    if (IDS.includes(id!)) t.equal(what, metricOf(id!))
  }
  const [, mib, percent] = notes.join('\n').match(/IPv4 flows takes (\d+) MiB.*sweep.*, ([\d.]+) %/) ?? []
  t.ok(Number(mib) > 0 && Number(mib) <= MIB_MAX, `${mib} MiB`)
  t.ok(Number(percent) > 0, `${percent} % of a core`)
})
