// Counters of a processor's own: cells in memory that the main thread reads. Each has one writer, its worker.
import { RxburstError } from '../errors.js'

/** Counters of one worker, at most. */
export const COUNTERS_MAX = 64
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/

/** A count of a processor's own. `context.counter(name)` makes it. */
export class Counter {
  readonly #cells: Float64Array
  readonly #cell: number
  /** Its name, as statistics have it. */
  readonly name: string

  /** @internal use context.counter() */
  constructor(name: string, cells: Float64Array, cell: number) {
    this.name = name
    this.#cells = cells
    this.#cell = cell
  }

  /**
   * Adds to the count: an addition and a store, without a call in a compiled loop. It checks nothing.
   * @param amount a number from 0. Default 1.
   */
  add(amount = 1): void {
    this.#cells[this.#cell] += amount
  }

  /** The count of this worker. */
  get value(): number {
    return this.#cells[this.#cell]
  }
}

/** Makes the counters of one worker. */
export class Counters {
  readonly #made = new Map<string, Counter>()
  readonly #cells: Float64Array
  readonly #tell: (name: string) => void

  /** @param tell is told each new name; the first has cell 0, and so on */
  constructor(cells: Float64Array, tell: (name: string) => void) {
    this.#cells = cells
    this.#tell = tell
  }

  /**
   * The counter of that name; a new one at 0.
   * @throws ERR_BAD_ARGUMENT, ERR_LIMIT
   */
  readonly of = (name: string): Counter => {
    const known = this.#made.get(name)
    if (known) return known
    if (typeof name !== 'string' || !NAME.test(name))
      throw new RxburstError(
        'ERR_BAD_ARGUMENT',
        `a counter's name is a letter or '_', then up to 63 letters, digits and '_': '${String(name)}' is none`,
      )
    if (this.#made.size === COUNTERS_MAX)
      throw new RxburstError(
        'ERR_LIMIT',
        `a worker has at most ${COUNTERS_MAX} counters of its own: '${name}' is one more`,
      )
    const counter = new Counter(name, this.#cells, this.#made.size)
    this.#made.set(name, counter)
    this.#tell(name)
    return counter
  }
}
