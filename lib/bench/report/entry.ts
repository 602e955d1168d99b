// What the rounds of a contestant gave, whichever way it was measured.
import { RxburstError } from '../../errors.js'
import { type Contestant, Missing, type Sample } from '../contestants/contestant.js'

export interface Budget {
  rounds: number
  /** For everyone together, about: nothing is ever so short that nothing could be measured. */
  seconds: number
  /** Aborting it ends the run before the next contestant. */
  signal?: AbortSignal
}

/** One round of one contestant. */
export interface Run extends Sample {
  /** Packets that the interface was offered meanwhile; undefined without traffic. */
  offered?: number
  cpuSeconds: number
}

export interface Entry {
  contestant: Contestant
  runs: Run[]
  /** By round; a round that failed has none. */
  byRound: (Run | undefined)[]
  error?: Error
}

export type Progress = (contestant: Contestant, round: number, secondsLeft: number) => void

/** Longer than this nothing takes that a contestant is asked for. */
export const STEP_MS = 30_000

export const entryOf = (contestant: Contestant): Entry => ({ contestant, runs: [], byRound: [] })

export function checkSample(sample: Sample): Sample {
  if (sample.packets === 0) throw new Error('not one packet came through')
  return sample
}

/** A busy machine can starve a contestant for a whole window; one that is absent stays absent. */
export async function withSecondChance<T>(once: () => Promise<T>): Promise<T> {
  try {
    return await once()
  } catch (error) {
    if (error instanceof Missing || (error instanceof RxburstError && error.code === 'ERR_NO_BACKEND'))
      throw error
    return once()
  }
}
