// Five rounds of every contestant, warm-up not counted: groups without traffic in slices, the other contestants one
// after the other.
import type { Contestant } from '../contestants/contestant.js'
import type { Budget, Entry, Progress } from '../report/entry.js'
import type { Group } from '../scenario.js'
import { measureInSlices } from './in-slices.js'
import { measureInTurn } from './in-turn.js'

/** Measures contestants; each group of them side by side, never more than one group alive at once. */
export async function measureAll(
  contestants: readonly Contestant[],
  groups: readonly Group[],
  { seconds, ...budget }: Budget,
  progress: Progress,
): Promise<Entry[]> {
  const entries = new Map<Contestant, Entry>()
  const over = performance.now() + seconds * 1e3
  const grouped = new Set(groups.flatMap(({ members }) => members))
  const rest = contestants.filter((contestant) => !grouped.has(contestant))
  const parts = [
    ...groups.map(({ members, weight = 1 }) => ({
      members,
      weight: members.length * weight,
      measure: measureInSlices,
    })),
    ...(rest.length > 0 ? [{ members: rest, weight: rest.length, measure: measureInTurn }] : []),
  ]
  let waiting = parts.reduce((sum, { weight }) => sum + weight, 0)
  for (const { members, weight, measure } of parts) {
    // What one part took too long or did not need is shared by those after it.
    const left = (over - performance.now()) / 1e3
    const seconds = Math.max(0, left * (weight / waiting))
    waiting -= weight
    const after = Math.max(0, left - seconds)
    const tell: Progress = (contestant, round, secondsLeft) =>
      progress(contestant, round, secondsLeft + after)
    for (const entry of await measure(members, { ...budget, seconds }, tell))
      entries.set(entry.contestant, entry)
  }
  return contestants.map((contestant) => entries.get(contestant)!)
}
