// What both tables for longest-prefix match have in common: their memory, and the prefixes that one thread adds and
// removes.
import type { SharedTable } from './memory.js'
import { layout, Trie } from './trie.js'

const { top: TOP, topEntries: TOP_ENTRIES } = layout

/** Lpm4 and Lpm6: prefixes with a number each, in memory that all threads see. */
export abstract class Lpm implements SharedTable {
  // `declare`: V8 folds a property into the code that was written once. A field that begins as undefined, or is
  // #private, it does not.
  /** The table itself: with it structured clone carries all of it to another thread. */
  declare readonly buffer: SharedArrayBuffer
  /** @internal */
  declare protected readonly words: Int32Array
  /** @internal Its length is a constant that no index of 24 bits reaches, so no check of bounds is left in the code. */
  declare protected readonly top: Int32Array
  readonly #version: 4 | 6
  #writer: Trie | undefined

  /** @internal */
  protected constructor(buffer: SharedArrayBuffer, version: 4 | 6) {
    this.buffer = buffer
    this.words = new Int32Array(buffer)
    this.top = new Int32Array(buffer, 4 * TOP, TOP_ENTRIES)
    this.#version = version
  }

  /** Prefixes in it. */
  get size(): number {
    return this.#writing.size
  }

  /**
   * Adds a prefix, '10.0.0.0/8' or '2001:db8::/32', or gives it another value: a whole number from 0 to 16 777 215.
   * Takes longer for a prefix shorter than 24 bits: one of 8 bits covers 65 536 entries.
   * @throws ERR_BAD_ADDRESS, ERR_BAD_ARGUMENT, ERR_TABLE_FULL; the table is as it was then
   */
  add(prefix: string, value: number): void {
    this.#writing.add(prefix, value)
  }

  /**
   * Takes a prefix away. False when it was not there.
   * @throws ERR_BAD_ADDRESS
   */
  remove(prefix: string): boolean {
    return this.#writing.remove(prefix)
  }

  /**
   * The value of exactly this prefix; -1 when it is not there.
   * @throws ERR_BAD_ADDRESS
   */
  get(prefix: string): number {
    return this.#writing.get(prefix)
  }

  get #writing(): Trie {
    this.#writer ??= new Trie(this.words, this.#version)
    return this.#writer
  }
}
