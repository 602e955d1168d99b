// The report is one page: no network, every scenario drawn, also in a browser.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { writeReport } from '../../dist/lib/bench/report/report.js'
import type { BenchReport, Result } from '../../dist/lib/bench/report/types.js'

const key = { runtime: 'ts', api: 'burst', burst: 32, does: 'counts </script> & "drops"' } as const
const measured = (name: string, mpps: number, more: Partial<Result> = {}): Result => ({
  ...{ ...key, name, kind: 'ours', backend: 'afxdp', mode: 'rxonly', status: 'ok' },
  ...{ mpps, mpps_min: mpps * 0.9, mpps_max: mpps * 1.1, offered: 4, generator_limited: false },
  ...{ ns_per_packet: 1e3 / mpps, runs: [mpps * 0.9, mpps, mpps * 1.1], ...more },
})
const absent: Result = {
  ...{
    ...measured('cap', 1),
    kind: 'peer',
    status: 'missing',
    why: 'not installed',
    install: 'npm install cap',
  },
  ...{ mpps: null, mpps_min: null, mpps_max: null, runs: [] },
}
const answered: Result = {
  ...measured('echo', 1),
  ...{ mpps: null, runs: [], p50_us: 5, p99_us: 9, 'p99.9_us': 20, 'p99.99_us': 60, max_us: 90 },
  ...{ requests: 1000, lost: 0, gcs: 0, curve: [[0, 4], [50, 5], [99, 9], [99.9, 20], [100, 90]] }, // biome-ignore format: pairs
}
const scenario = (name: string, results: Result[]) => ({
  ...{ name, about: `what ${name} is about`, command: `npx rxburst bench ${name}`, results, notes: [] },
  ratios: [{ of: results[0].name, to: results[0].name, what: 'mpps', median: 1, min: 0.9, max: 1.1 }],
})
const report: BenchReport = {
  machine: {
    ...{ date: '2026-01-02T03:04:05Z', cpu: 'Test CPU', cpus: 2, memory_gib: 8, kernel: '6.1', node: 'v20' },
    ...{ rxburst: '0', hypervisor: null, hugepages: '0', load_before: 0, dpdk: null },
  },
  ...{ command: 'npx rxburst bench', seconds: 1, rounds: 3 },
  scenarios: [
    scenario('receive', [measured('one', 2), absent]),
    scenario('null', [measured('swap, burst 32', 80, { mode: 'macswap', backend: 'dpdk', offered: null })]),
    scenario('latency', [answered]),
  ],
}

const file = join(t.testdir(), 'report.html')
writeReport(file, report)

t.test('nothing is fetched', async (t) => {
  const { readFileSync } = await import('node:fs')
  const page = readFileSync(file, 'utf8')
  t.notMatch(page, /<link|<img|<script[^>]* src=|@import|url\(\s*["']?https?:|\bfetch\(/i)
  t.equal(page.match(/<\/script>/g)?.length, 2, 'no figure ends a script')
  t.ok(page.length < 400_000, `${page.length} bytes`)
})

const browser = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => !spawnSync(name, ['--version']).error,
)
t.test(
  'a browser draws it',
  { skip: browser ? false : 'no Chromium here: apt-get install chromium' },
  (t) => {
    const { stdout } = spawnSync(
      browser!,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--window-size=390,900',
        '--virtual-time-budget=3000',
        '--dump-dom',
        `file://${file}`,
      ],
      { encoding: 'utf8', maxBuffer: 1 << 26 },
    )
    const body = stdout.slice(0, stdout.indexOf('id="data"'))
    t.equal(stdout.match(/<figure role="img"/g)?.length, 5, 'a chart for each')
    t.ok((stdout.match(/<svg/g)?.length ?? 0) >= 5)
    t.match(body, /npm install cap/, 'who is missing, and what installs it')
    t.match(body, /npx rxburst bench receive/, 'how to reproduce it')
    t.end()
  },
)
