// A scenario: a match between contestants, and which of them are set against each other.
import type { Contestant } from './contestants/contestant.js'

export interface ScenarioOptions {
  /** An interface of the user's, whose traffic comes from elsewhere; undefined: the benchmark's own lab. */
  dev?: string
}

/**
 * Contestants that are alive at once: each has a process of its own, and an interface of its own where traffic comes.
 */
export interface Group {
  members: Contestant[]
  /** How much of the time each of them has, in proportion to everyone else's 1. */
  weight?: number
}

export interface Match {
  contestants: Contestant[]
  /** Those of them that are measured side by side, so that their ratios hold. */
  groups?: Group[]
  /** Names of two contestants, what is divided (mpps), and what the ratio is called. */
  ratios: [of: string, to: string, what?: string, id?: string][]
  /** What the figures leave out. */
  notes?: string[]
  close(): Promise<void>
}

export interface Scenario {
  name: string
  about: string
  /** How long it takes by default, all rounds together. */
  seconds: number
  /** Kernel interfaces, and root for them. */
  lab: boolean
  /** DPDK runs in it, and testpmd can't do without them. */
  hugepages?: boolean
  /** CPUs that it can't do without. */
  cpus: number
  /** Runs only when it is named: it compares nothing with anybody. */
  asked?: boolean
  /** It can be run on an interface of the user's. */
  dev?: boolean
  make(options: ScenarioOptions): Promise<Match>
}
