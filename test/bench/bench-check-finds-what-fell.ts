// bench:check tells a ratio that fell by more than the spread of both runs from noise.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { type Baseline, falls, renewed } from '../../dist/lib/bench/report/baseline.js'
import type { BenchReport, Ratio } from '../../dist/lib/bench/report/types.js'

const ratio = (median: number, min: number, max: number, what = 'mpps'): Ratio => ({
  ...{ of: 'ours', to: 'peer', what },
  ...{ median, min, max },
})
const recorded = (r: Ratio): Baseline => ({ machine: 'a machine', ratios: [{ scenario: 'null', ...r }] })
const ran = (...ratios: Ratio[]) => ({ scenarios: [{ name: 'null', ratios }] }) as unknown as BenchReport

t.same(falls(recorded(ratio(1, 0.9, 1.1)), ran(ratio(0.95, 0.9, 1))), [], 'within the recorded spread')
t.same(falls(recorded(ratio(1, 0.9, 1.1)), ran(ratio(0.85, 0.5, 1.2))), [], 'within its own spread')
t.match(falls(recorded(ratio(1, 0.9, 1.1)), ran(ratio(0.7, 0.65, 0.75))), [
  { scenario: 'null', ratio: 'ours / peer, mpps', recorded: 1, now: 0.7, least: 0.9 },
])
t.same(falls(recorded(ratio(1, 0.9, 1.1)), ran(ratio(2, 1.9, 2.1))), [], 'faster is no fall')
t.equal(
  falls(recorded(ratio(0.3, 0.2, 0.4, 'p50_us')), ran(ratio(0.9, 0.8, 1, 'p50_us'))).length,
  1,
  'slower answers',
)
t.same(
  falls(recorded(ratio(0.3, 0.2, 0.4, 'p50_us')), ran(ratio(0.1, 0.1, 0.1, 'p50_us'))),
  [],
  'quicker answers',
)
t.match(falls(recorded(ratio(1, 0.9, 1.1)), ran()), [{ now: Number.NaN }], 'a contestant that is gone')
t.same(
  falls(recorded(ratio(1, 0.9, 1.1)), { scenarios: [] } as unknown as BenchReport),
  [],
  'not run, not judged',
)

// A ratio with an id has a least of its own: a record of a busy machine does not decide.
const busy = recorded({ ...ratio(2.7, 1.6, 4), id: 'flows' })
t.same(
  falls(busy, ran({ ...ratio(1.1, 1, 1.2), id: 'flows' })),
  [],
  'less than on a busy machine, and enough',
)
t.match(falls(busy, ran({ ...ratio(0.9, 0.8, 1), id: 'flows' })), [{ now: 0.9, least: 0.95 }], 'too little')

// --record with names of scenarios: theirs are new, the other ones stay.
const machine = { cpu: 'a CPU', cpus: 2, kernel: '6.1', node: 'v20', date: '2026-01-01T00:00:00Z' }
const report = {
  machine,
  scenarios: [{ name: 'wire', ratios: [ratio(0.9, 0.8, 1)] }],
} as unknown as BenchReport
const wire = { scenario: 'wire', ...ratio(0.5, 0.4, 0.6) }
t.match(
  renewed({ machine: '', ratios: [wire, ...recorded(ratio(1, 0.9, 1.1)).ratios] }, report).ratios,
  [
    { scenario: 'null', median: 1 },
    { scenario: 'wire', median: 0.9 },
  ],
  'one scenario is recorded anew',
)
t.equal(renewed(undefined, report).ratios.length, 1, 'the first record')

// The short scenarios that npm run bench:check compares are in the record.
const kept = JSON.parse(
  readFileSync(new URL('../../docs/bench-baseline.json', import.meta.url), 'utf8'),
) as Baseline
const ids = kept.ratios.flatMap(({ scenario, id }) => (scenario === 'wire' && id ? id : []))
t.same(ids, ['locate', 'locate-mixed', 'set', 'lpm', 'hash', 'flows'])
for (const scenario of ['receive', 'cost', 'latency'])
  t.ok(
    kept.ratios.some((one) => one.scenario === scenario),
    scenario,
  )
