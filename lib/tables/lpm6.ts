// Longest-prefix match for IPv6: 24 bits at once, then 8 at a time, as deep as the longest prefix there.
import { Lpm } from './lpm.js'
import { bufferOf, type SharedTable } from './memory.js'
import { type LpmOptions, layout, makeTrie } from './trie.js'

// Constants of the module itself: V8 folds them into the code, and looks an import up at every use.
const { groupZero: GROUP_ZERO, reclaims: RECLAIMS, fallback: DEFAULT, mask: MASK } = layout

/** Groups on the way of an address: 8 bits each behind the first 24. */
const DEPTH = (128 - 24) / 8

/**
 * IPv6 prefixes with a number each, and which of them is the longest that has an address in it.
 *
 * Its memory is fixed: 64 MiB for the first 24 bits, 48 to 96 bytes a prefix and 1 KiB a group. The machine gives only
 * pages that are written to. All threads may look up while one thread adds and removes: each address gets the answer
 * before the change, or the one after it. Source: DIR-24-8, Gupta, Lin and McKeown, INFOCOM 1998; DPDK's rte_lpm6.
 */
export class Lpm6 extends Lpm {
  /**
   * An empty table. `prefixes`: 1024 unless said otherwise. `groups`: a prefix of 48 bits wants at most three, one of
   * 128 bits thirteen; prefixes that begin alike share them. Three for each prefix unless said otherwise.
   * @throws ERR_BAD_ARGUMENT
   */
  static create(options: LpmOptions = {}): Lpm6 {
    return new Lpm6(
      makeTrie('Lpm6', 4, options, (prefixes) => Math.max(256, prefixes * 3)),
      6,
    )
  }

  /**
   * The same table in another thread, of what came as `data`.
   * @throws ERR_BAD_ARGUMENT when that is no such table
   */
  static from(shared: SharedTable | SharedArrayBuffer): Lpm6 {
    return new Lpm6(bufferOf('Lpm6', shared), 6)
  }

  /** The value of the longest prefix that has this address, four numbers of 32 bits, in it; -1 when none has. */
  lookup(a: number, b: number, c: number, d: number): number {
    const entry = this.top[a >>> 8]
    return entry < 0 ? entry & MASK : entry === 0 ? this.words[DEFAULT] : this.#deep(a, b, c, d)
  }

  /** The same for the 16 bytes from `at` on: an address as it stands in a packet. */
  lookupAt(bytes: Uint8Array, at: number): number {
    return this.lookup(
      wordAt(bytes, at),
      wordAt(bytes, at + 4),
      wordAt(bytes, at + 8),
      wordAt(bytes, at + 12),
    )
  }

  #deep(a: number, b: number, c: number, d: number): number {
    const words = this.words
    for (;;) {
      const before = words[RECLAIMS]
      let entry = this.top[a >>> 8]
      for (let k = 3; entry > 0 && k < DEPTH + 3; k++) {
        const word = k < 4 ? a : k < 8 ? b : k < 12 ? c : d
        entry = words[GROUP_ZERO + (entry << 8) + ((word >>> (24 - ((k & 3) << 3))) & 255)]
      }
      // A group that was used again meanwhile gives another prefix's answer. A call of Atomics keeps its place among
      // the reads.
      if (Atomics.load(words, RECLAIMS) === before) return entry < 0 ? entry & MASK : words[DEFAULT]
    }
  }
}

const wordAt = (bytes: Uint8Array, at: number) =>
  (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
