// Longest-prefix match for IPv4, DIR-24-8: one read of memory for most addresses, two at most.
import { Lpm } from './lpm.js'
import { bufferOf, type SharedTable } from './memory.js'
import { type LpmOptions, layout, makeTrie } from './trie.js'

// Constants of the module itself: V8 folds them into the code, and looks an import up at every use.
const { groupZero: GROUP_ZERO, reclaims: RECLAIMS, fallback: DEFAULT, mask: MASK } = layout

/**
 * IPv4 prefixes with a number each, and which of them is the longest that has an address in it.
 *
 * Its memory is fixed: 64 MiB for the first 24 bits, 24 to 48 bytes a prefix and 1 KiB a group. The machine gives only
 * pages that are written to. All threads may look up while one thread adds and removes: each address gets the answer
 * before the change, or the one after it. Source: DIR-24-8, Gupta, Lin and McKeown, INFOCOM 1998; DPDK's rte_lpm.
 */
export class Lpm4 extends Lpm {
  /**
   * An empty table. `prefixes`: 1024 unless said otherwise. `groups`: one is wanted for each 256 addresses that have a
   * prefix longer than 24 bits in them; 256 at first, or a sixteenth of `prefixes`.
   * @throws ERR_BAD_ARGUMENT
   */
  static create(options: LpmOptions = {}): Lpm4 {
    return new Lpm4(
      makeTrie('Lpm4', 1, options, (prefixes) => Math.max(256, prefixes >>> 4)),
      4,
    )
  }

  /**
   * The same table in another thread, of what came as `data`.
   * @throws ERR_BAD_ARGUMENT when that is no such table
   */
  static from(shared: SharedTable | SharedArrayBuffer): Lpm4 {
    return new Lpm4(bufferOf('Lpm4', shared), 4)
  }

  /** The value of the longest prefix that has this address, a number of 32 bits, in it; -1 when none has. */
  lookup(address: number): number {
    const entry = this.top[address >>> 8]
    return entry < 0 ? entry & MASK : this.#seldom(address)
  }

  /**
   * Looks up `count` addresses at once: values[i] becomes what lookup(addresses[from + i]) gives. Quicker than one by
   * one in a large table, for the processor waits for several places of memory at the same time.
   */
  lookupMany(
    addresses: Uint32Array | Int32Array,
    values: Int32Array,
    count = addresses.length,
    from = 0,
  ): void {
    const { top } = this
    let i = 0
    for (; i <= count - 4; i += 4) {
      const at = from + i
      const a = top[addresses[at] >>> 8]
      const b = top[addresses[at + 1] >>> 8]
      const c = top[addresses[at + 2] >>> 8]
      const d = top[addresses[at + 3] >>> 8]
      if ((a & b & c & d) < 0) {
        values[i] = a & MASK
        values[i + 1] = b & MASK
        values[i + 2] = c & MASK
        values[i + 3] = d & MASK
      } else {
        for (let k = 0; k < 4; k++) values[i + k] = this.lookup(addresses[at + k])
      }
    }
    for (; i < count; i++) values[i] = this.lookup(addresses[from + i])
  }

  /** No answer in the first table, or a group that has it. */
  #seldom(address: number): number {
    const words = this.words
    for (;;) {
      const before = words[RECLAIMS]
      let entry = this.top[address >>> 8]
      if (entry > 0) entry = words[GROUP_ZERO + (entry << 8) + (address & 255)]
      // A group that was used again meanwhile gives another prefix's answer. A call of Atomics keeps its place among
      // the reads.
      if (Atomics.load(words, RECLAIMS) === before) return entry < 0 ? entry & MASK : words[DEFAULT]
    }
  }
}
