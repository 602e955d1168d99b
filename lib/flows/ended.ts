// Flows that have ended, a batch at a time, as columns.
import { native } from '../native.js'
import { type FlowKey, KEY_BYTES, readKey, type Shape } from './key.js'

/**
 * Why a flow ended: no packet for `idleMs`, `hardMs` were over, remove(), no room, a FIN or RST, invalidate(), the
 * worker's end. 'active': it goes on, and this is the record of the last `activeMs`.
 */
export type EndReason = 'idle' | 'hard' | 'removed' | 'evicted' | 'fin' | 'generation' | 'closed' | 'active'
const REASONS: readonly EndReason[] = [
  'idle',
  'hard',
  'removed',
  'evicted',
  'fin',
  'generation',
  'closed',
  'active',
]

const RECORDS = 256
const NUMBERS = 4
const BYTES = RECORDS * (8 * NUMBERS + KEY_BYTES + 2)

/** Flows that have ended. Its columns have `count` entries, and are valid until the callback returns. */
export class EndedFlows {
  /** How many there are, 1 to 256. */
  count = 0
  /** Packets of each flow, the first one included; NaN where the NIC executed it and does not count. */
  readonly packets: Float64Array
  /** Bytes of each flow, counted as `rx.bytes` is; NaN as `packets`. */
  readonly bytes: Float64Array
  /** When each flow was made, ms since 1970. */
  readonly firstMs: Float64Array
  /** When each had its last packet, ms since 1970. */
  readonly lastMs: Float64Array
  readonly #keys: Uint8Array
  readonly #reasons: Uint8Array
  readonly #families: Uint8Array
  readonly #all = new Uint8Array(BYTES)
  readonly #table: number
  readonly #shape: Shape

  /** @internal */
  constructor(table: number, shape: Shape) {
    this.#table = table
    this.#shape = shape
    const { buffer } = this.#all
    const column = (i: number) => new Float64Array(buffer, 8 * RECORDS * i, RECORDS)
    this.packets = column(0)
    this.bytes = column(1)
    this.firstMs = column(2)
    this.lastMs = column(3)
    const keys = 8 * RECORDS * NUMBERS
    this.#keys = new Uint8Array(buffer, keys, KEY_BYTES * RECORDS)
    this.#reasons = new Uint8Array(buffer, keys + KEY_BYTES * RECORDS, RECORDS)
    this.#families = new Uint8Array(buffer, keys + KEY_BYTES * RECORDS + RECORDS, RECORDS)
  }

  /** The key of flow `i`. */
  key(i: number): FlowKey {
    return readKey(this.#shape, this.#families[i], this.#keys.subarray(KEY_BYTES * i, KEY_BYTES * (i + 1)))
  }

  /** Why flow `i` ended. */
  reason(i: number): EndReason {
    return REASONS[this.#reasons[i]]
  }

  /** @internal Takes the next ones; false: there are none. */
  next(): boolean {
    this.count = native.workers.flows.takeEnded({ table: this.#table, into: this.#all })
    return this.count > 0
  }
}
