// Histograms of a worker that was asked to measure: burst sizes, the time of a turn, and latency where packets have a
// timestamp. A worker that was not asked runs none of this.
import type { BurstHandler } from './processor.js'

/** Upper ends of the bins of burst sizes, packets. */
export const BURST_BINS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256]
/** Upper ends of the bins of times, microseconds. */
export const TIME_BINS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000,
]

/** Cells of a row: the bins, one for what is above them, then the sum. */
const ROW = Math.max(BURST_BINS.length, TIME_BINS.length) + 2
const TURN_ROW = 0
const burstRow = (slot: number) => 1 + 2 * slot
const latencyRow = (slot: number) => 2 + 2 * slot

/** Memory for a worker with so many queues. */
export const measuredBytes = (queues: number): number =>
  (1 + 2 * queues) * ROW * Float64Array.BYTES_PER_ELEMENT

/** Counts of one histogram: those of each bin, the last one without an end, and the sum of all values. */
export interface Counted {
  readonly counts: readonly number[]
  readonly sum: number
}

/** What one worker has measured. */
export interface Measured {
  /** Microseconds of turns with packets. */
  readonly turns: Counted
  /** Packets in each burst, queue by queue. */
  readonly bursts: readonly Counted[]
  /**
   * Microseconds from a packet's timestamp to the handler; null where packets have none of a clock that we can read.
   */
  readonly latencies: readonly (Counted | null)[]
}

function counted(cells: Float64Array, row: number, bins: readonly number[]): Counted {
  const at = row * ROW
  return { counts: [...cells.subarray(at, at + bins.length + 1)], sum: cells[at + ROW - 1] }
}

/**
 * Reads what a worker has measured.
 * @param timed of each queue whether its packets have timestamps
 */
export function readMeasured(buffer: SharedArrayBuffer, timed: readonly boolean[]): Measured {
  const cells = new Float64Array(buffer)
  return {
    turns: counted(cells, TURN_ROW, TIME_BINS),
    bursts: timed.map((_, slot) => counted(cells, burstRow(slot), BURST_BINS)),
    latencies: timed.map((yes, slot) => (yes ? counted(cells, latencyRow(slot), TIME_BINS) : null)),
  }
}

/** One histogram; its worker is the only writer. */
class Row {
  readonly #cells: Float64Array
  readonly #at: number
  readonly #bins: Float64Array

  constructor(cells: Float64Array, row: number, bins: readonly number[]) {
    this.#cells = cells
    this.#at = row * ROW
    this.#bins = Float64Array.from(bins)
  }

  count(value: number): void {
    const bins = this.#bins
    let bin = 0
    while (bin < bins.length && value > bins[bin]) bin++
    this.#cells[this.#at + bin]++
    this.#cells[this.#at + ROW - 1] += value
  }
}

/** A handler that measures, and what its worker does after each turn. */
export interface Measuring {
  handler: BurstHandler
  onTurn: () => void
}

/**
 * Microseconds by which performance.now() is behind CLOCK_MONOTONIC. The quickest of several looks: others may have
 * been interrupted.
 */
function behindMonotonic(): number {
  let quickest = Number.POSITIVE_INFINITY
  let behind = 0
  for (let look = 0; look < 16; look++) {
    const before = performance.now()
    const [seconds, nanoseconds] = process.hrtime()
    const after = performance.now()
    if (after - before >= quickest) continue
    quickest = after - before
    behind = seconds * 1e6 + nanoseconds / 1e3 - 500 * (before + after)
  }
  return behind
}

/** Measures what `handler` is shown, into the memory that `readMeasured()` reads. */
export function measuring(
  handler: BurstHandler,
  buffer: SharedArrayBuffer,
  timed: readonly boolean[],
): Measuring {
  const cells = new Float64Array(buffer)
  const turns = new Row(cells, TURN_ROW, TIME_BINS)
  const bursts = timed.map((_, slot) => new Row(cells, burstRow(slot), BURST_BINS))
  const latencies = timed.map((_, slot) => new Row(cells, latencyRow(slot), TIME_BINS))
  const behindUs = behindMonotonic()
  let busy = false
  let before = performance.now()
  return {
    handler(burst) {
      busy = true
      const { slot, count } = burst
      bursts[slot].count(count)
      if (timed[slot]) {
        const now = performance.now() * 1e3 + behindUs
        // A packet whose moment the driver does not know has 0.
        for (let i = 0; i < count; i++)
          if (burst.timestamp[i] > 0) latencies[slot].count(Math.max(0, now - burst.timestamp[i] / 1e3))
      }
      return handler(burst)
    },
    onTurn() {
      const now = performance.now()
      if (busy) turns.count((now - before) * 1e3)
      busy = false
      before = now
    },
  }
}
