// Who is how many times as fast as whom.
import type { Entry, Run } from './entry.js'
import { percentile, spread } from './numbers.js'
import { mppsOf } from './result.js'
import type { Ratio } from './types.js'

const METRICS: Record<string, (run: Run) => number> = {
  mpps: mppsOf,
  mpps_per_cpu: (run) => run.packets / run.cpuSeconds / 1e6,
  ns_per_packet: (run) => 1e3 / mppsOf(run),
  p50_us: (run) => percentile(Float64Array.from(run.times!).sort(), 0.5),
  'p99.99_us': (run) => percentile(Float64Array.from(run.times!).sort(), 0.9999),
}

/**
 * Nanoseconds a packet that the first takes more than the other: no quotient, so that it is the cost of what is more.
 */
const NS_OVER = 'ns_over'

/**
 * One contestant over another, round by round, so that what slows a whole round slows both. Undefined if either failed.
 */
export function ratioOf(of: Entry, to: Entry, what: string, id?: string): Ratio | undefined {
  const metric = METRICS[what === NS_OVER ? 'ns_per_packet' : what]
  const values = of.byRound.flatMap((run, at) => {
    const other = to.byRound[at]
    const [mine, its] = run && other ? [metric(run), metric(other)] : [Number.NaN, Number.NaN]
    const value = what === NS_OVER ? mine - its : mine / its
    return Number.isFinite(value) ? [value] : []
  })
  if (values.length === 0) return undefined
  const [middle, min, max] = spread(values)
  return {
    ...(id === undefined ? {} : { id }),
    of: of.contestant.name,
    to: to.contestant.name,
    what,
    median: middle,
    min,
    max,
  }
}
