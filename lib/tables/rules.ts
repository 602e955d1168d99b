// The prefixes of a table with their values, in a hash table with open addresses: only the writer looks at them.
import type { Prefix } from './prefix.js'

/** Words of the table for so many prefixes of so many words each. */
export const rulesWords = (prefixes: number, keyWords: number) => roomFor(prefixes) * (keyWords + 2)

/** At most half of the places are taken, so that a search is short. */
const roomFor = (prefixes: number) => 2 ** Math.ceil(Math.log2(2 * prefixes))

export class Rules {
  readonly #words: Int32Array
  readonly #keyWords: number
  readonly #stride: number
  readonly #mask: number

  /** `words` is where they lie, all zero at first. */
  constructor(words: Int32Array, keyWords: number) {
    this.#words = words
    this.#keyWords = keyWords
    this.#stride = keyWords + 2
    this.#mask = words.length / this.#stride - 1
  }

  /** The prefix's value; -1 where it is not there. */
  get({ words, length }: Prefix): number {
    const at = this.#find(words, length)
    return this.#lengthAt(at) < 0 ? -1 : this.#words[at * this.#stride + this.#keyWords + 1]
  }

  set({ words, length }: Prefix, value: number): void {
    const i = this.#find(words, length) * this.#stride
    for (let k = 0; k < this.#keyWords; k++) this.#words[i + k] = words[k]
    this.#words[i + this.#keyWords] = length + 1
    this.#words[i + this.#keyWords + 1] = value
  }

  /** Takes away a prefix that is there. Those behind it move up, so that no search ends too early. */
  delete({ words, length }: Prefix): void {
    const { length: all } = this.#words
    const stride = this.#stride
    let hole = this.#find(words, length)
    for (let at = (hole + 1) & this.#mask; this.#lengthAt(at) >= 0; at = (at + 1) & this.#mask) {
      const home = this.#home(
        this.#words.subarray(at * stride, at * stride + this.#keyWords),
        this.#lengthAt(at),
      )
      // It may fill the hole unless its home lies behind the hole.
      if (((at - home) & this.#mask) < ((at - hole) & this.#mask)) continue
      this.#words.copyWithin(hole * stride, at * stride, (at + 1) * stride)
      hole = at
    }
    this.#words.fill(0, hole * stride, Math.min(all, (hole + 1) * stride))
  }

  /** -1: the place is empty. */
  #lengthAt(at: number): number {
    return this.#words[at * this.#stride + this.#keyWords] - 1
  }

  #home(words: Int32Array, length: number): number {
    let hash = Math.imul(length + 1, 0x9e3779b1)
    for (let k = 0; k < this.#keyWords; k++) {
      hash = Math.imul(hash ^ words[k], 0x85ebca6b)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0xc2b2ae35)
    return (hash ^ (hash >>> 16)) & this.#mask
  }

  /** Where it is, or the empty place where it belongs. */
  #find(words: Int32Array, length: number): number {
    for (let at = this.#home(words, length); ; at = (at + 1) & this.#mask) {
      const found = this.#lengthAt(at)
      if (found < 0 || (found === length && this.#same(at, words))) return at
    }
  }

  #same(at: number, words: Int32Array): boolean {
    for (let k = 0; k < this.#keyWords; k++) if (this.#words[at * this.#stride + k] !== words[k]) return false
    return true
  }
}
