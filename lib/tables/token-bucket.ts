// Token buckets: who may send how much, exact although several workers take from the same bucket.
import { badArgument, whole } from './arguments.js'
import { monotonicMs } from './clock.js'
import { allocate, bufferOf, HEAD_WORDS, OWN_WORD, type SharedTable } from './memory.js'

const [BUCKETS, RATE, BURST] = [0, 1, 2].map((n) => OWN_WORD + n)
/** Two seconds' tokens and a burst must fit the 31 bits in which they are compared. */
const RATE_LIMIT = 2 ** 29
const BUCKETS_LIMIT = 2 ** 24

/** Sizes and limits of TokenBucket.create(). */
export interface TokenBucketOptions {
  /** How many: 1 to 16 777 216, 8 bytes each. Default 1. */
  buckets?: number
  /** Tokens that come into each bucket per second: 1 to 536 870 912. */
  rate: number
  /** Tokens that a bucket holds: 1 to 536 870 912. Default: those of a second. */
  burst?: number
}

/**
 * A table of token buckets. A token is what you make it: a packet, a byte, a new flow.
 *
 * Any thread may take from any bucket. Two that take the last token at once do not both get it.
 * Source: the virtual scheduling algorithm (GCRA) of ITU-T I.371.
 */
export class TokenBucket implements SharedTable {
  /** The table itself. It is all that structured clone carries to another thread. */
  readonly buffer: SharedArrayBuffer
  readonly #head: Int32Array
  /**
   * Of each bucket: the time at which it is full again, counted in tokens, 32 bits of it; the second in which it was
   * last taken from.
   */
  readonly #words: Int32Array

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#head = new Int32Array(buffer, 0, HEAD_WORDS)
    this.#words = new Int32Array(buffer, HEAD_WORDS * 4)
  }

  /**
   * Buckets that are full.
   * @throws ERR_BAD_ARGUMENT
   */
  static create({ buckets = 1, rate, burst = rate }: TokenBucketOptions): TokenBucket {
    whole('TokenBucket.create(): buckets', buckets, 1, BUCKETS_LIMIT)
    checkLimit('TokenBucket.create()', rate, burst)
    const buffer = allocate('TokenBucket', buckets * 8)
    const head = new Int32Array(buffer, 0, HEAD_WORDS)
    head[BUCKETS] = buckets
    head[RATE] = rate
    head[BURST] = burst
    new Int32Array(buffer, HEAD_WORDS * 4).fill(NEVER)
    return new TokenBucket(buffer)
  }

  /**
   * The same buckets in another thread, of what came as `data`.
   * @throws ERR_BAD_ARGUMENT when that is no such table
   */
  static from(shared: SharedTable | SharedArrayBuffer): TokenBucket {
    return new TokenBucket(bufferOf('TokenBucket', shared))
  }

  /** How many buckets there are. */
  get size(): number {
    return this.#head[BUCKETS]
  }

  /**
   * Gives all buckets another limit, and fills them. A bucket that is taken from at that very moment may be found
   * emptier, for the time that a full one takes to fill and a second more.
   * @throws ERR_BAD_ARGUMENT
   */
  setLimit(rate: number, burst = rate): void {
    checkLimit('setLimit()', rate, burst)
    this.#head[BURST] = burst
    this.#head[RATE] = rate
    this.#words.fill(NEVER)
  }

  /**
   * Takes that many tokens out of a bucket, if it has them; false if not, and then it takes none. More than `burst` it
   * never has.
   * `bucket` counts round: that of number `size` is number 0, so a hash will do. `now`: monotonicMs(), read once a
   * burst.
   */
  take(bucket: number, tokens = 1, now = monotonicMs()): boolean {
    const head = this.#head
    const words = this.#words
    const rate = head[RATE]
    const burst = head[BURST]
    const i = ((bucket >>> 0) % head[BUCKETS]) << 1
    const time = Math.floor((now * rate) / 1e3) | 0 // in tokens; 32 bits of it
    const second = (now / 1e3) | 0
    for (;;) {
      const full = Atomics.load(words, i)
      const last = words[i + 1]
      let missing = (full - time) | 0
      // Nobody took from it for so long that it is full; 32 bits of time may mean anything by then.
      if (missing < 0 || missing > burst + rate || second - last > burst / rate + 1) missing = 0
      if (!(missing + tokens <= burst)) return false
      if (last !== second) words[i + 1] = second
      if (Atomics.compareExchange(words, i, full, (time + missing + tokens) | 0) === full) return true
    }
  }
}

/** A second that is long ago, in both of a bucket's words. */
const NEVER = -(2 ** 30)

function checkLimit(where: string, rate: number, burst: number): void {
  if (rate === undefined) throw badArgument(`${where} wants a rate: tokens per second`)
  whole(`${where}: rate, tokens per second,`, rate, 1, RATE_LIMIT)
  whole(`${where}: burst, tokens,`, burst, 1, RATE_LIMIT)
}
