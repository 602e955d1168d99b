// The words that the main thread and a generating worker share: float64 cells, each with one writer.

/** Packets that may be sent in all. Main thread. */
export const ALLOWED = 0
/** Stop at this time, milliseconds since 1970 with fractions. Main thread. */
export const UNTIL = 1
/** Packets handed to the port so far. Worker. */
export const SENT = 2
export const CELLS = 3

/** What the generating processor is given as `data`. */
export interface GeneratorData {
  cells: Float64Array
  /** The frame of the first flow. */
  frame: Uint8Array
  firstPort: number
  flows: number
  /** 0: as fast as it goes. */
  packetsPerSecond: number
}

/** One clock for both threads. */
export const now = (): number => performance.timeOrigin + performance.now()
