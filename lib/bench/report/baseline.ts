// Compares the ratios of a run with recorded ones: a ratio that fell by more than both spreads is a loss of speed.
import type { BenchReport, Ratio } from './types.js'

export interface Baseline {
  /** On what and when the newest of it was recorded. */
  machine: string
  ratios: (Ratio & { scenario: string })[]
}

export interface Fall {
  scenario: string
  ratio: string
  recorded: number
  now: number
  /** What it may be at the worst. */
  least: number
}

/** In these the smaller ratio is the better. */
const LESS_IS_BETTER = /_us$|^ns_per_packet$|^ns_over$/

/**
 * Ratios with an id are wanted to be this at least. Some of them are far more on a busy machine, so the record does not
 * decide.
 */
const WANTED: Record<string, number> = {
  locate: 0.87,
  'locate-mixed': 0.8,
  set: 0.77,
  lpm: 0.5,
  hash: 4,
  flows: 0.95,
}

const nameOf = ({ of, to, what }: Ratio) => `${of} / ${to}, ${what}`

export function toBaseline({ machine, scenarios }: BenchReport): Baseline {
  return {
    machine: `${machine.cpu}, ${machine.cpus} CPUs, Linux ${machine.kernel}, Node ${machine.node}, ${machine.date.slice(0, 10)}`,
    ratios: scenarios.flatMap(({ name, ratios }) => ratios.map((ratio) => ({ scenario: name, ...ratio }))),
  }
}

/** Scenarios that were run are recorded anew; what the record has of others stays. */
export function renewed(before: Baseline | undefined, report: BenchReport): Baseline {
  const { machine, ratios } = toBaseline(report)
  const ran = new Set(report.scenarios.map(({ name }) => name))
  return {
    machine,
    ratios: [...(before?.ratios ?? []).filter(({ scenario }) => !ran.has(scenario)), ...ratios],
  }
}

/**
 * Ratios that are worse than recorded by more than the spread of both runs, or less than wanted, and those that are
 * gone. Scenarios that were not run are left out.
 */
export function falls(baseline: Baseline, { scenarios }: BenchReport): Fall[] {
  return baseline.ratios.flatMap((recorded) => {
    const scenario = scenarios.find(({ name }) => name === recorded.scenario)
    if (!scenario) return []
    const now = scenario.ratios.find((ratio) => nameOf(ratio) === nameOf(recorded))
    const fall = { scenario: recorded.scenario, ratio: nameOf(recorded), recorded: recorded.median }
    if (!now) return [{ ...fall, now: Number.NaN, least: recorded.min }]
    const less = LESS_IS_BETTER.test(recorded.what)
    const worst = WANTED[recorded.id ?? ''] ?? (less ? recorded.max : recorded.min)
    const best = less ? now.min : now.max
    const fell = less
      ? now.median > worst && best > recorded.median
      : now.median < worst && best < recorded.median
    return fell ? [{ ...fall, now: now.median, least: worst }] : []
  })
}
