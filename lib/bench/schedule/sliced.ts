// A contestant that is measured side by side with others: alive from beginning to end, and stopped whenever it is not
// its slice.
import { setTimeout as sleep } from 'node:timers/promises'
import { within } from '../children/process.js'
import type { Contestant, Running } from '../contestants/contestant.js'
import { type Entry, entryOf, type Run, STEP_MS, withSecondChance } from '../report/entry.js'
import { runFor } from './run-for.js'

/** After it goes on: caches and branch predictors belonged to others meanwhile. */
export const SETTLE_MS = 30
/** Of running, before anything counts: V8 has compiled a handler in a third of it. */
const WARM_MS = 250

export class SlicedContestant {
  readonly entry: Entry
  #running: Running | undefined

  constructor(contestant: Contestant) {
    this.entry = entryOf(contestant)
  }

  /** Starts it, or starts it anew; lets it warm up, stops it where it stands. */
  begin(): Promise<void> {
    return this.#tried(async () => {
      await this.#leave()
      await this.#start()
      await this.#stop()
    })
  }

  /** Measures a slice, which becomes part of this round's run. */
  slice(round: number, ms: number): Promise<void> {
    return this.#tried(async () => {
      const run = await this.#slice(ms)
      const before = this.entry.byRound[round]
      this.entry.byRound[round] = before ? sum(before, run) : run
    })
  }

  /** A round's slices are all there; half a round is none. */
  finish(round: number): void {
    const run = this.entry.byRound[round]
    if (this.entry.error) delete this.entry.byRound[round]
    else if (run) this.entry.runs.push(run)
  }

  /** Ends it, whatever state it is in. */
  async end(): Promise<void> {
    try {
      await this.#leave()
    } catch (error) {
      this.entry.error ??= error as Error
    }
  }

  async #leave(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    if (!running) return
    running.resume?.()
    const { traffic } = this.entry.contestant
    try {
      await traffic?.stop()
      await within(STEP_MS, 'its end', running.stop())
      traffic?.reset()
    } catch (error) {
      running.pause?.() // what hangs is not to disturb the others until the match is over
      throw error
    }
  }

  /** What fails twice is out; the others go on. */
  async #tried(once: () => Promise<void>): Promise<void> {
    try {
      await withSecondChance(async () => {
        try {
          await once()
        } catch (error) {
          await this.#leave().catch(() => {}) // the second chance begins with a fresh one
          throw error
        }
      })
    } catch (error) {
      this.entry.error = error as Error
    }
  }

  async #start(): Promise<void> {
    const running = await within(STEP_MS, 'its start', this.entry.contestant.start())
    this.#running = running
    if (!running.pause || !running.resume)
      throw new Error(`${this.entry.contestant.name} can't be stopped, so it can't be measured side by side`)
    await this.entry.contestant.traffic?.start()
    await sleep(WARM_MS)
  }

  /** Where it stands, with nothing sent at it. */
  async #stop(): Promise<void> {
    await this.entry.contestant.traffic?.stop()
    this.#running!.pause!()
  }

  async #slice(ms: number): Promise<Run> {
    const { traffic } = this.entry.contestant
    if (this.#running) {
      this.#running.resume!()
      await traffic?.start()
    } else await this.#start()
    await sleep(SETTLE_MS)
    const run = await runFor(this.#running!, ms, traffic)
    await this.#stop()
    return run
  }
}

const SUMMED = [
  'packets',
  'seconds',
  'offered',
  'cpuSeconds',
  'gcs',
  'cycles',
  'instructions',
  'heapBytes',
] as const

/** Two slices of a round as one. What one of them did not count is not counted. */
export function sum(a: Run, b: Run): Run {
  const both = SUMMED.filter((key) => a[key] !== undefined && b[key] !== undefined)
  return Object.fromEntries(both.map((key) => [key, a[key]! + b[key]!])) as unknown as Run
}
