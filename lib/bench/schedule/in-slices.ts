// Side by side: all contestants of a group are alive at once, all but one of them stopped, and each runs for a short
// slice in turn, many times. A shared machine changes its speed within seconds; so each is compared with what the
// machine gave the others just then.
import type { Contestant } from '../contestants/contestant.js'
import type { Budget, Entry, Progress } from '../report/entry.js'
import { SETTLE_MS, SlicedContestant } from './sliced.js'
import { slicesFor } from './timing.js'

/** First guesses. */
const BEGIN_MS = 900
const RENEW_MS = 700
const ASIDE_MS = 10 // looking at counters
/** All are ended at once; this is the share of each. */
const END_MS = 100

/**
 * How memory comes to lie, and what V8 makes of a program, is not the same in each process, and can be worth a fifth.
 * Of five rounds two, two and one have a process in common: one that came out badly moves their median little.
 */
const renews = (round: number) => round > 0 && round % 2 === 0
const renewals = (from: number, rounds: number) =>
  Array.from({ length: rounds }, (_, round) => round).filter((round) => round >= from && renews(round)).length

export async function measureInSlices(
  contestants: readonly Contestant[],
  { rounds, seconds, signal }: Budget,
  progress: Progress,
): Promise<Entry[]> {
  const sliced = contestants.map((contestant) => new SlicedContestant(contestant))
  const over = performance.now() + seconds * 1e3
  const left = () => (over - performance.now()) / 1e3
  const taking = () => sliced.filter(({ entry }) => !entry.error)
  try {
    for (const [at, one] of sliced.entries()) {
      signal?.throwIfAborted()
      progress(one.entry.contestant, 0, Math.max(left(), ((sliced.length - at) * BEGIN_MS) / 1e3))
      await one.begin()
    }
    let overheadMs = SETTLE_MS + ASIDE_MS
    let renewMs = RENEW_MS
    let pass = 0
    for (let round = 0; round < rounds && taking().length > 0; round++) {
      const roundsLeft = taking().length * (rounds - round)
      const roundMs = (left() * 1e3 - taking().length * END_MS) / roundsLeft
      const share = renewals(round, rounds) / (rounds - round)
      const { renew, count, ms } = slicesFor(roundMs, overheadMs, renewMs * share)
      const began = performance.now()
      if (renew && renews(round)) {
        for (const one of taking()) {
          signal?.throwIfAborted()
          progress(one.entry.contestant, round, Math.max(0, left()))
          await one.begin()
        }
        renewMs = (performance.now() - began) / (roundsLeft / (rounds - round))
      }
      const from = performance.now()
      let done = 0
      for (let slice = 0; slice < count; slice++)
        // Forwards, then backwards, so that no place in the order is better.
        for (const one of pass++ % 2 ? taking().reverse() : taking()) {
          signal?.throwIfAborted()
          const slicesLeft = roundsLeft * count - done++
          progress(one.entry.contestant, round, (slicesLeft * (ms + overheadMs)) / 1e3)
          await one.slice(round, ms)
        }
      for (const one of sliced) one.finish(round)
      // What a slice really takes besides decides how many go into the next round.
      if (done > 0) overheadMs = Math.max(0, (performance.now() - from) / done - ms)
    }
  } finally {
    await Promise.all(sliced.map((one) => one.end()))
  }
  return sliced.map(({ entry }) => entry)
}
