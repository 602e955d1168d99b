// Google's Maglev: which backend a flow goes to, the same in every thread and machine, and for nearly all flows the
// same after a change.
import { badArgument, whole } from './arguments.js'
import { allocate, bufferOf, HEAD_WORDS, OWN_WORD, type SharedTable } from './memory.js'

const SIZE = OWN_WORD
const SIZE_LIMIT = 2 ** 24
/** The paper's smaller size: good for 650 backends, which then differ by 1 % at most. */
const SIZE_DEFAULT = 65537

/**
 * A table that spreads hashes evenly over backends. When a backend goes, its hashes go to the others, and few of the
 * others' move.
 *
 * All threads may look up while one thread changes it: each hash gets the backend before the change, or the one after
 * it. Source: Eisenbud and others, "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section
 * 3.4.
 */
export class Maglev implements SharedTable {
  /** The table itself. It is all that structured clone carries to another thread. */
  readonly buffer: SharedArrayBuffer
  readonly #table: Int32Array
  readonly #scale: number

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    const size = new Int32Array(buffer)[SIZE]
    this.#table = new Int32Array(buffer, HEAD_WORDS * 4, size)
    this.#scale = size / 2 ** 32
  }

  /**
   * A table for these backends, or an empty one. `size`: a prime number of places, 65 537 unless said otherwise, 4
   * bytes each; a hundred for each backend make shares that differ by 1 %.
   * @throws ERR_BAD_ARGUMENT
   */
  static create({
    backends = [],
    size = SIZE_DEFAULT,
  }: {
    backends?: readonly (string | null)[]
    size?: number
  } = {}) {
    whole('size of Maglev.create()', size, 2, SIZE_LIMIT)
    if (!isPrime(size))
      throw badArgument(
        `size of Maglev.create() is a prime number; ${nextPrime(size)} is the next above ${size}`,
      )
    const buffer = allocate('Maglev', size * 4)
    new Int32Array(buffer)[SIZE] = size
    const maglev = new Maglev(buffer)
    maglev.set(backends)
    return maglev
  }

  /**
   * The same table in another thread, of what came as `data`.
   * @throws ERR_BAD_ARGUMENT when that is no such table
   */
  static from(shared: SharedTable | SharedArrayBuffer): Maglev {
    return new Maglev(bufferOf('Maglev', shared))
  }

  /** Places of the table. */
  get size(): number {
    return this.#table.length
  }

  /**
   * Other backends, by name: what a backend is called decides which hashes are its own, and lookup() gives its place in
   * this list. Null in the place of one that is gone keeps the places of the others.
   * @throws ERR_BAD_ARGUMENT when a name occurs twice, or there are more backends than places
   */
  set(backends: readonly (string | null)[]): void {
    const names = backends.filter((name) => name !== null)
    for (const name of names)
      if (typeof name !== 'string' || name === '')
        throw badArgument(
          `a backend of a Maglev table is a name, or null in its place, not ${String(name) || "''"}`,
        )
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) throw badArgument(`the backend '${twice}' occurs twice`)
    if (names.length > this.size)
      throw badArgument(`${names.length} backends do not fit the ${this.size} places of this table`)
    const places = populate(backends, this.size)
    for (let i = 0; i < places.length; i++) if (this.#table[i] !== places[i]) this.#table[i] = places[i]
  }

  /** The place in the list of the backend that has this hash, a number of 32 bits; -1 while there is none. */
  lookup(hash: number): number {
    // The hash's upper bits choose: the remainder by 65537 is 0 for every hash whose two halves are alike, as the
    // symmetric key makes them.
    return this.#table[((hash >>> 0) * this.#scale) | 0]
  }
}

/** Section 3.4: backends in turn take the next place of their own permutation that is free. */
function populate(backends: readonly (string | null)[], size: number): Int32Array {
  const table = new Int32Array(size).fill(-1)
  const ways = backends.flatMap((name, backend) =>
    name === null
      ? []
      : [{ backend, at: hashOf(name, 0x811c9dc5) % size, skip: (hashOf(name, 0x2b992ddf) % (size - 1)) + 1 }],
  )
  for (let taken = 0; taken < size && ways.length > 0; )
    for (const way of ways) {
      while (table[way.at] >= 0) way.at = (way.at + way.skip) % size
      table[way.at] = way.backend
      if (++taken === size) break
    }
  return table
}

/**
 * FNV-1a (RFC 9923) over the name in UTF-8, from a start of ours, then mixed, for its upper bits hardly differ between
 * short names.
 */
function hashOf(name: string, start: number): number {
  let hash = start
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return n > 1
}

function nextPrime(n: number): number {
  while (!isPrime(n)) n++
  return n
}
