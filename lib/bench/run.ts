// Runs scenarios one after the other and makes the report.
import type { Contestant } from './contestants/contestant.js'
import { HUGEPAGES, raiseHugepages } from './environment/hugepages.js'
import { describeMachine } from './environment/machine.js'
import type { Entry } from './report/entry.js'
import { ratioOf } from './report/ratio.js'
import { toResult } from './report/result.js'
import type { BenchReport, ScenarioReport } from './report/types.js'
import type { Scenario, ScenarioOptions } from './scenario.js'
import { measureAll } from './schedule/rounds.js'

export const ROUNDS = 5

export interface BenchOptions extends ScenarioOptions {
  scenarios: readonly Scenario[]
  /** Seconds for everything together, about; undefined: what the scenarios want. */
  duration?: number
  command: string
  /** Aborting it ends the run and takes down what it made. */
  signal?: AbortSignal
  progress?: (state: ProgressState) => void
  /** Hears what is changed on this machine, and when it is put back. */
  say?: (text: string) => void
}

export interface ProgressState {
  scenario: string
  contestant: string
  round: number
  secondsPassed: number
  secondsLeft: number
}

export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const wanted = options.scenarios.some(({ hugepages }) => hugepages) ? HUGEPAGES : 0
  const putBack = raiseHugepages(wanted, options.say ?? (() => {}))
  try {
    return await runScenarios(options)
  } finally {
    putBack()
  }
}

async function runScenarios(options: BenchOptions): Promise<BenchReport> {
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
    const { contestants, groups = [] } = match
    const budget = { rounds: ROUNDS, seconds, signal: options.signal }
    entries = await measureAll(contestants, groups, budget, tell)
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
    ratios: match.ratios.flatMap(([of, to, what = 'mpps', id]) => {
      const ratio = ratioOf(byName.get(of)!, byName.get(to)!, what, id)
      return ratio ? [ratio] : []
    }),
  }
}
