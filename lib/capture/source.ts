// The source of a capture, and its counts.
import type { CaptureMemory } from './memory.js'
import type { CapturePoint } from './options.js'

/** A queue of a worker, as a capture knows it. */
export interface Place {
  ring: number
  slot: number
  port: string
  queue: number
  mac?: number[]
}

/** The memory that a capture reads, and how its writers are told. */
export interface Source {
  readonly memory: CaptureMemory
  readonly places: readonly Place[]
  /** Nothing more will be written. */
  readonly over: boolean
  /** Why it is over, where that is an error. */
  readonly error?: Error | undefined
  /** Has the workers stop to write; what they have written can be read still. */
  detach(): Promise<void>
  close(): void
}

/** Packets at the points of a capture: seen = filtered out + captured + dropped. */
export interface CaptureCounts {
  /** Packets that came by its points. */
  seen: number
  /** Packets that filter and `sample` let through. */
  accepted: number
  /** Packets that the workers wrote for the reader. */
  captured: number
  /** Packets that were lost, because the reader was too slow. */
  dropped: number
  /** Packets that are in the file, or were given to the program. */
  written: number
  /** The same at each point. */
  points: Partial<Record<CapturePoint, PointSums>>
}

/** Packets at one point. */
export interface PointSums {
  /** Packets that came by. */
  seen: number
  /** Packets that filter and `sample` let through: captured + dropped. */
  accepted: number
  /** Packets that the workers wrote for the reader. */
  captured: number
  /** Packets that were lost, because the reader was too slow. */
  dropped: number
  /** Packets that are in the file, or were given to the program. */
  written: number
  /** Packets of `seen` that the program owned, and that it was not shown in a burst: alloc(), keep(). */
  owned: number
}

/** Counts of one interface of the file, over all points. */
export interface InterfaceCounts {
  seen: number
  accepted: number
  dropped: number
  written: number
}
