// DIR-24-8 and its continuation for IPv6: what a table for longest-prefix match looks like in memory, and how its one
// writer changes it.
//
// The first 24 bits of an address lead to an entry; an entry is an answer, or the number of a group of 256 entries for
// the next 8 bits, and so on (Gupta, Lin, McKeown, "Routing Lookups in Hardware at Memory Access Speeds", INFOCOM 1998;
// rte_lpm and rte_lpm6 are alike).
//
// Readers in other threads see each entry as it was or as it is. An entry is one word, so it is written whole. A group
// is filled before an entry leads to it. A group that no entry leads to any more is written again only after RECLAIMS
// has changed, which readers compare.
import { tableFull, whole } from './arguments.js'
import { allocate, HEAD_WORDS, type Kind, OWN_WORD } from './memory.js'
import { masked, type Prefix, parsePrefix } from './prefix.js'
import { Rules, rulesWords } from './rules.js'

/** Words of the head. */
const [PREFIXES_MAX, GROUPS_MAX, PREFIXES, GROUPS_USED, GROUPS_FREE] = [0, 1, 2, 3, 4].map(
  (n) => OWN_WORD + n,
)
/** The answer where no other prefix matches, or -1. */
const DEFAULT = OWN_WORD + 5
/** Groups that were used again so far. */
const RECLAIMS = OWN_WORD + 6
/** Entries for the first 24 bits begin at this word. */
const TOP = HEAD_WORDS
const TOP_BITS = 24
const TOP_ENTRIES = 2 ** TOP_BITS
/** Groups begin at this word, and so does group 1. */
const GROUPS = TOP + TOP_ENTRIES
/** Entry `i` of group g is the word GROUP_ZERO + (g << 8) + i. */
const GROUP_ZERO = GROUPS - 256

/**
 * An entry below 0 is an answer: the sign, 7 bits for the length of its prefix less 1, 24 bits for its value. 0 is no
 * answer. One above 0 is the number of a group, counted from 1. So lookups tell an answer by its sign, and several by
 * the sign of all.
 */
const VALUE_BITS = 24
const VALUE_MASK = 2 ** VALUE_BITS - 1
const LENGTH_MASK = 127
const answerOf = (length: number, value: number) => (1 << 31) | ((length - 1) << VALUE_BITS) | value
const lengthOf = (entry: number) => (entry < 0 ? ((entry >>> VALUE_BITS) & LENGTH_MASK) + 1 : 0)

/** What lookups have to know of all this. */
export const layout = {
  top: TOP,
  topEntries: TOP_ENTRIES,
  groupZero: GROUP_ZERO,
  reclaims: RECLAIMS,
  fallback: DEFAULT,
  mask: VALUE_MASK,
} as const

const GROUPS_LIMIT = 2 ** 20
const PREFIXES_LIMIT = 2 ** 23

/** Sizes of Lpm4.create() and Lpm6.create(). */
export interface LpmOptions {
  /** Prefixes it has room for: 1 to 8 388 608. Default 1024. */
  prefixes?: number
  /**
   * Groups of 256 entries for prefixes longer than 24 bits: 1 to 1 048 576, 1 KiB each. Default: by kind and prefixes.
   */
  groups?: number
}

/** Makes the buffer of a table; `groups` is the default of that kind. */
export function makeTrie(
  kind: Kind,
  keyWords: number,
  options: LpmOptions,
  groupsFor: (prefixes: number) => number,
) {
  const { prefixes = 1024 } = options
  whole(`${kind}.create(): prefixes`, prefixes, 1, PREFIXES_LIMIT)
  const { groups = Math.min(GROUPS_LIMIT, groupsFor(prefixes)) } = options
  whole(`${kind}.create(): groups`, groups, 1, GROUPS_LIMIT)
  const words = TOP_ENTRIES + groups * 257 + rulesWords(prefixes, keyWords)
  const buffer = allocate(kind, words * 4)
  const head = new Int32Array(buffer, 0, HEAD_WORDS)
  head[PREFIXES_MAX] = prefixes
  head[GROUPS_MAX] = groups
  head[DEFAULT] = -1
  return buffer
}

/** The writer's side. Whatever it throws, it has changed nothing. */
export class Trie {
  readonly #words: Int32Array
  readonly #version: 4 | 6
  readonly #rules: Rules
  /** Where the numbers of free groups lie: a stack. */
  readonly #stack: number

  constructor(words: Int32Array, version: 4 | 6) {
    this.#words = words
    this.#version = version
    this.#stack = GROUPS + words[GROUPS_MAX] * 256
    this.#rules = new Rules(words.subarray(this.#stack + words[GROUPS_MAX]), version === 4 ? 1 : 4)
  }

  get size(): number {
    return this.#words[PREFIXES]
  }

  get(text: string): number {
    return this.#rules.get(parsePrefix(text, this.#version))
  }

  add(text: string, value: number): void {
    const prefix = parsePrefix(text, this.#version)
    whole(`the value of ${text}`, value, 0, VALUE_MASK)
    const words = this.#words
    const known = this.#rules.get(prefix) >= 0
    if (!known && words[PREFIXES] >= words[PREFIXES_MAX])
      throw tableFull(
        `${text}: the table has its ${words[PREFIXES_MAX]} prefixes already; create({ prefixes }) makes a larger one`,
      )
    if (this.#groupsWanted(prefix) > words[GROUPS_MAX] - words[GROUPS_USED] + words[GROUPS_FREE])
      throw tableFull(
        `${text}: the table has no group left of ${words[GROUPS_MAX]} for prefixes longer than ${TOP_BITS} bits; create({ groups }) makes a larger one`,
      )
    this.#rules.set(prefix, value)
    if (!known) words[PREFIXES]++
    if (prefix.length === 0) Atomics.store(words, DEFAULT, value)
    else this.#write(prefix, answerOf(prefix.length, value))
  }

  remove(text: string): boolean {
    const prefix = parsePrefix(text, this.#version)
    if (this.#rules.get(prefix) < 0) return false
    this.#rules.delete(prefix)
    this.#words[PREFIXES]--
    if (prefix.length === 0) Atomics.store(this.#words, DEFAULT, -1)
    else this.#erase(prefix, this.#shorter(prefix))
    return true
  }

  /** The answer of the longest prefix that covers this one, other than the default; 0 where there is none. */
  #shorter({ words, length }: Prefix): number {
    for (let n = length - 1; n > 0; n--) {
      const value = this.#rules.get({ words: masked(words, n), length: n })
      if (value >= 0) return answerOf(n, value)
    }
    return 0
  }

  /** Groups that are missing on the way to the prefix's own entries. */
  #groupsWanted(prefix: Prefix): number {
    let at = TOP + indexOf(prefix, 0)
    for (let bits = TOP_BITS; bits < prefix.length; bits += 8) {
      const entry = this.#words[at]
      if (entry <= 0) return Math.ceil((prefix.length - bits) / 8)
      at = GROUP_ZERO + (entry << 8) + indexOf(prefix, bits)
    }
    return 0
  }

  #write(prefix: Prefix, answer: number): void {
    let at = TOP + indexOf(prefix, 0)
    let bits = TOP_BITS
    for (; bits < prefix.length; bits += 8) {
      if (this.#words[at] <= 0) this.#branch(at)
      at = GROUP_ZERO + (this.#words[at] << 8) + indexOf(prefix, bits)
    }
    const end = at + 2 ** (bits - prefix.length)
    for (; at < end; at++) this.#replaceShorter(at, prefix.length, answer)
  }

  /** Writes the answer wherever that of a shorter prefix, or of the same one, stands. */
  #replaceShorter(at: number, length: number, answer: number): void {
    const entry = this.#words[at]
    if (entry > 0) {
      const first = GROUP_ZERO + (entry << 8)
      for (let i = first; i < first + 256; i++) this.#replaceShorter(i, length, answer)
    } else if (lengthOf(entry) <= length) {
      this.#words[at] = answer
    }
  }

  /** Makes a group of an answer: 256 times the same. */
  #branch(at: number): void {
    const group = this.#take()
    const first = GROUP_ZERO + (group << 8)
    this.#words.fill(this.#words[at], first, first + 256)
    Atomics.store(this.#words, at, group)
  }

  #take(): number {
    const words = this.#words
    if (words[GROUPS_FREE] === 0) return ++words[GROUPS_USED]
    Atomics.add(words, RECLAIMS, 1)
    return words[this.#stack + --words[GROUPS_FREE]]
  }

  #erase(prefix: Prefix, answer: number): void {
    const way: number[] = []
    let at = TOP + indexOf(prefix, 0)
    let bits = TOP_BITS
    for (; bits < prefix.length; bits += 8) {
      way.push(at)
      at = GROUP_ZERO + (this.#words[at] << 8) + indexOf(prefix, bits)
    }
    const end = at + 2 ** (bits - prefix.length)
    for (; at < end; at++) this.#replaceSame(at, prefix.length, answer, bits)
    for (const entry of way.reverse()) {
      bits -= 8
      this.#join(entry, bits)
    }
  }

  #replaceSame(at: number, length: number, answer: number, bits: number): void {
    const entry = this.#words[at]
    if (entry > 0) {
      const first = GROUP_ZERO + (entry << 8)
      for (let i = first; i < first + 256; i++) this.#replaceSame(i, length, answer, bits + 8)
      this.#join(at, bits)
    } else if (lengthOf(entry) === length) {
      this.#words[at] = answer
    }
  }

  /** Makes an answer of a group whose entries are all the same and of a prefix that ends at `bits`, or before. */
  #join(at: number, bits: number): void {
    const words = this.#words
    const group = words[at]
    const first = GROUP_ZERO + (group << 8)
    const answer = words[first]
    if (answer > 0 || lengthOf(answer) > bits) return
    for (let i = first + 1; i < first + 256; i++) if (words[i] !== answer) return
    Atomics.store(words, at, answer)
    words[this.#stack + words[GROUPS_FREE]++] = group
  }
}

/** The address's 24 bits from bit 0 on, or its 8 bits from another one on; bits behind the prefix are 0. */
function indexOf({ words }: Prefix, bit: number): number {
  return bit === 0 ? words[0] >>> 8 : (words[bit >>> 5] >>> (24 - (bit & 31))) & 255
}
