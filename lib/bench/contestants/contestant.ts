// A contestant: what it is, how it starts, and how it is measured while it runs.
import type { RowKey } from '../report/types.js'

export interface Sample {
  packets: number
  seconds: number
  /** Nanoseconds of each answer, in the latency scenario. */
  times?: Float64Array
  lost?: number
  gcs?: number
  /** What the heap of the thread that does the work has grown by, collections left out. */
  heapBytes?: number
  cycles?: number
  instructions?: number
  firstPacketMs?: number
  rssMib?: number
}

export interface Running {
  /** Counts for that long. */
  measure(ms: number): Promise<Sample>
  stop(): Promise<void>
  /** Stops its process where it stands, so that others can be measured, and lets it go on: what side by side takes. */
  pause?(): void
  resume?(): void
}

export interface Contestant extends RowKey {
  name: string
  does: string
  /** What is sent at it while it is measured. */
  traffic?: Traffic
  start(): Promise<Running>
}

/** Not there, rather than broken: says what installs it. */
export class Missing extends Error {
  constructor(
    why: string,
    readonly install: string,
  ) {
    super(why)
  }
}

/** What a scenario sends at its contestants. */
export interface Traffic {
  start(): Promise<void>
  stop(): Promise<void>
  /** Packets that the receiving interface has taken so far, by its own counter. */
  offered(): number
  /** Takes away what a contestant that ended badly has left on the interfaces. */
  reset(): void
}
