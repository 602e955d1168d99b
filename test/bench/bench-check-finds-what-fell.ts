// bench:check tells a ratio that fell by more than the spread of both runs from noise.
import t from 'tap'
import { type Baseline, falls } from '../../dist/lib/bench/report/baseline.js'
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
