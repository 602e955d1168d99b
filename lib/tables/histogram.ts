// A histogram of whole numbers: latencies, sizes, anything of which the 99th percentile is of interest.
import { badArgument, whole } from './arguments.js'
import { allocate, bufferOf, HEAD_WORDS, OWN_WORD, type SharedTable } from './memory.js'

const ROWS = OWN_WORD
const ROWS_LIMIT = 64
/** Numbers up to 2^SUB_BITS have a bin each; above, each power of two has this many bins. */
const SUB_BITS = 6
const SUBS = 2 ** SUB_BITS
const BINS = SUBS * (32 - SUB_BITS + 1)
/** Counters of a row: the bins, then the sum, the largest, and cells that keep rows apart in the caches. */
const [SUM, MAX] = [BINS, BINS + 1]
const CELLS = BINS + 16

/** Numbers that a histogram does not tell apart. */
export interface Bin {
  /** The smallest. */
  from: number
  /** The largest. */
  to: number
  /** How many were counted. */
  count: number
}

/**
 * Counts whole numbers from 0 to 4 294 967 295 in bins whose width is a 64th of their values, or one. Larger ones count
 * as the largest.
 *
 * Each thread counts in a row of its own, so nothing is lost and nobody waits. Any thread may read the sum of all rows
 * meanwhile. A row takes 14 KiB. Counts are exact up to 2^53.
 * Source: HdrHistogram's bins, http://hdrhistogram.org.
 */
export class Histogram implements SharedTable {
  /** The table itself. It is all that structured clone carries to another thread. */
  readonly buffer: SharedArrayBuffer
  readonly #cells: Float64Array
  readonly #row: Float64Array
  readonly #rows: number

  private constructor(buffer: SharedArrayBuffer, row: number) {
    this.buffer = buffer
    this.#rows = new Int32Array(buffer)[ROWS]
    this.#cells = new Float64Array(buffer, HEAD_WORDS * 4)
    whole('the row of a histogram', row, 0, this.#rows - 1)
    this.#row = this.#cells.subarray(row * CELLS, (row + 1) * CELLS)
  }

  /**
   * An empty one, with a row for each thread that counts: 1 to 64. Its maker counts in row 0.
   * @throws ERR_BAD_ARGUMENT
   */
  static create({ rows = 1 }: { rows?: number } = {}): Histogram {
    whole('Histogram.create(): rows', rows, 1, ROWS_LIMIT)
    const buffer = allocate('Histogram', rows * CELLS * 8)
    new Int32Array(buffer)[ROWS] = rows
    return new Histogram(buffer, 0)
  }

  /**
   * The same one in another thread, of what came as `data`; it counts in that row: `context.index`.
   * @throws ERR_BAD_ARGUMENT when that is no histogram, or it has no such row
   */
  static from(shared: SharedTable | SharedArrayBuffer, row = 0): Histogram {
    return new Histogram(bufferOf('Histogram', shared), row)
  }

  /** Counts a number. */
  record(value: number): void {
    const row = this.#row
    const n = value >= 0xffffffff ? 0xffffffff : value > 0 ? value >>> 0 : 0
    row[binOf(n)]++
    row[SUM] += n
    if (n > row[MAX]) row[MAX] = n
  }

  /** Numbers counted, in all rows. */
  get count(): number {
    let sum = 0
    for (let bin = 0; bin < BINS; bin++) sum += this.#of(bin)
    return sum
  }

  /** Their mean; NaN where there is none. */
  get mean(): number {
    return this.#of(SUM) / this.count
  }

  /** The largest; 0 where there is none. */
  get max(): number {
    let max = 0
    for (let row = 0; row < this.#rows; row++) max = Math.max(max, this.#cells[row * CELLS + MAX])
    return max
  }

  /**
   * The number that `p` per cent of all are not above: percentile(99). It is the upper end of a bin, so at most a 64th
   * too large. NaN where nothing was counted.
   * @throws ERR_BAD_ARGUMENT unless p is from 0 to 100
   */
  percentile(p: number): number {
    if (!(p >= 0 && p <= 100)) throw badArgument(`a percentile is a number from 0 to 100, not ${String(p)}`)
    const counts = Float64Array.from({ length: BINS }, (_, bin) => this.#of(bin))
    const count = counts.reduce((sum, n) => sum + n, 0)
    if (count === 0) return Number.NaN
    const wanted = Math.max(1, Math.ceil((p / 100) * count))
    let bin = 0
    for (let seen = counts[0]; seen < wanted; seen += counts[++bin]);
    return Math.min(this.max, endOf(bin))
  }

  /** Bins that have something, from the smallest numbers on. */
  *bins(): Generator<Bin> {
    for (let bin = 0; bin < BINS; bin++) {
      const count = this.#of(bin)
      if (count > 0) yield { from: bin === 0 ? 0 : endOf(bin - 1) + 1, to: endOf(bin), count }
    }
  }

  #of(cell: number): number {
    let sum = 0
    for (let row = 0; row < this.#rows; row++) sum += this.#cells[row * CELLS + cell]
    return sum
  }
}

/** The upper SUB_BITS + 1 bits of a number say which bin, its place of the highest bit which power of two. */
function binOf(n: number): number {
  const shift = 31 - SUB_BITS - Math.clz32(n)
  return shift <= 0 ? n : SUBS * shift + (n >>> shift)
}

/** The largest number of a bin. */
function endOf(bin: number): number {
  if (bin < 2 * SUBS) return bin
  const shift = Math.floor(bin / SUBS) - 1
  return (bin - SUBS * shift + 1) * 2 ** shift - 1
}
