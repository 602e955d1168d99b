// Runs scenarios one after the other and makes the report.
import type { Contestant } from './contestant.js'
import { describeMachine } from './machine.js'
import { alternate, type Entry, ratioOf, type Timing, toResult } from './method.js'
import type { Scenario, ScenarioOptions } from './scenario.js'
import type { BenchReport, ScenarioReport } from './types.js'

export const ROUNDS = 5
const OVERHEAD_MS = 450 // starting and ending a contestant, on average
const WINDOW_MS = { min: 80, max: 2000 }
const WARM_MS = { min: 120, max: 400 }

export interface BenchOptions extends ScenarioOptions {
  scenarios: readonly Scenario[]
  /** Seconds for everything together, about; undefined: what the scenarios want. */
  duration?: number
  command: string
  progress?: (state: ProgressState) => void
}

export interface ProgressState {
  scenario: string
  contestant: string
  round: number
  secondsPassed: number
  secondsLeft: number
}

/** Windows and warm-up so that so many contestants end in about so many seconds. */
export function timingFor(seconds: number, contestants: number, rounds = ROUNDS): Timing {
  const each = (seconds * 1e3) / (contestants * rounds) - OVERHEAD_MS
  const within = ({ min, max }: { min: number; max: number }, value: number) =>
    Math.round(Math.min(max, Math.max(min, value)))
  const warmMs = within(WARM_MS, each / 3)
  return { rounds, warmMs, windowMs: within(WINDOW_MS, each - warmMs) }
}

export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const machine = describeMachine()
  const began = performance.now()
  const wanted = options.scenarios.reduce((sum, { seconds }) => sum + seconds, 0)
  const scale = options.duration === undefined ? 1 : options.duration / wanted
  const reports: ScenarioReport[] = []
  let after = wanted * scale
  for (const scenario of options.scenarios) {
    const seconds = scenario.seconds * scale
    after -= seconds
    const tell = (contestant: Contestant, round: number, left: number) =>
      options.progress?.({
        scenario: scenario.name,
        contestant: contestant.name,
        round,
        secondsPassed: (performance.now() - began) / 1e3,
        secondsLeft: left + after,
      })
    reports.push(await runScenario(scenario, seconds, options, tell))
  }
  return {
    machine,
    command: options.command,
    seconds: Math.round((performance.now() - began) / 1e3),
    rounds: ROUNDS,
    scenarios: reports,
  }
}

async function runScenario(
  scenario: Scenario,
  seconds: number,
  options: BenchOptions,
  tell: (contestant: Contestant, round: number, secondsLeft: number) => void,
): Promise<ScenarioReport> {
  const match = await scenario.make(options)
  let entries: Entry[]
  try {
    const { contestants } = match
    const timing = timingFor(seconds, contestants.length)
    const total = contestants.length * timing.rounds
    const guess = (timing.warmMs + timing.windowMs + OVERHEAD_MS) / 1e3
    const from = performance.now()
    let done = 0
    entries = await alternate(contestants, timing, (contestant, round) => {
      const passed = (performance.now() - from) / 1e3
      // At first the plan's guess, then more and more what it really takes.
      const each = (guess * contestants.length + passed) / (contestants.length + done)
      done++
      tell(contestant, round, each * (total - done + 1))
    })
  } finally {
    await match.close()
  }
  const byName = new Map(entries.map((entry) => [entry.contestant.name, entry]))
  return {
    name: scenario.name,
    about: scenario.about,
    command: `npx rxburst bench ${scenario.name}${options.dev ? ` --dev ${options.dev}` : ''}`,
    results: entries.map(toResult),
    notes: match.notes ?? [],
    ratios: match.ratios.flatMap(([of, to, what = 'mpps']) => {
      const ratio = ratioOf(byName.get(of)!, byName.get(to)!, what)
      return ratio ? [ratio] : []
    }),
  }
}
