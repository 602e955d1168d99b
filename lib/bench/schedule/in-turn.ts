// One after the other: every contestant in every round is started, warmed up, measured and ended. For contestants that
// need a traffic generator or exclusive use of a device.
import { setTimeout as sleep } from 'node:timers/promises'
import { within } from '../children/process.js'
import type { Contestant } from '../contestants/contestant.js'
import {
  type Budget,
  type Entry,
  entryOf,
  type Progress,
  type Run,
  STEP_MS,
  withSecondChance,
} from '../report/entry.js'
import { runFor } from './run-for.js'
import { type Timing, timingFor } from './timing.js'

const OVERHEAD_MS = 450 // a first guess

/** Runs every contestant in every round: forwards, then backwards, so that no place in the order is better. */
export async function measureInTurn(
  contestants: readonly Contestant[],
  { rounds, seconds, signal }: Budget,
  progress: Progress,
): Promise<Entry[]> {
  const entries = contestants.map(entryOf)
  const end = performance.now() + seconds * 1e3
  let overheadMs = OVERHEAD_MS
  for (let round = 0; round < rounds; round++) {
    const taking = entries.filter((entry) => !entry.error)
    const from = performance.now()
    const timing = timingFor((end - from) / 1e3, taking.length * (rounds - round), overheadMs)
    const runMs = () => timing.warmMs + timing.windowMs + overheadMs
    let done = 0
    for (const entry of round % 2 ? [...taking].reverse() : taking) {
      signal?.throwIfAborted()
      const left = taking.length * (rounds - round) - done++
      progress(entry.contestant, round, (left * runMs()) / 1e3)
      try {
        const run = await withSecondChance(() => runOnce(entry.contestant, timing))
        entry.runs.push(run)
        entry.byRound[round] = run
      } catch (error) {
        entry.error = error as Error
      }
    }
    // What starting and ending really take here decides how long the next windows can be.
    if (done > 0) overheadMs = (performance.now() - from) / done - timing.warmMs - timing.windowMs
  }
  return entries
}

async function runOnce(contestant: Contestant, timing: Timing): Promise<Run> {
  const { traffic } = contestant
  const running = await within(STEP_MS, 'its start', contestant.start())
  try {
    await traffic?.start()
    await sleep(timing.warmMs)
    return await runFor(running, timing.windowMs, traffic)
  } finally {
    await traffic?.stop()
    await within(STEP_MS, 'its end', running.stop())
    traffic?.reset()
  }
}
