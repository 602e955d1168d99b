// The memory of a capture as its reader sees it: rings of records, and counts. Its writer may be somebody else's
// process, so a word is checked before it is used, and not read a second time.
import { RxburstError } from '../errors.js'
import { layout, native } from '../native.js'

const { tap } = layout
const WORDS = tap.unit / 4
const RECORD_WORDS = tap.recordBytes / 4
const PAGE_WORDS = tap.page / 4
const TAIL_STRIDE = 16 // words: a cache line for each worker
const WORKERS_MAX = layout.limits.workersMax
const FLAGS = 3 // of the four bytes from `pointAt` on
const GONE = 2

/** Places of a record's words, from its first one. */
export const at = {
  kinds: tap.pointAt / 4,
  time: tap.timeAt / 4,
  id: tap.idAt / 4,
  length: tap.lengthAt / 4,
  captured: tap.capturedAt / 4,
  hash: tap.hashAt / 4,
  drops: tap.dropsAt / 4,
  action: tap.actionAt / 4,
  bytes: RECORD_WORDS,
} as const

/** What the word `kinds` of a record holds. */
export const pointOf = (kinds: number): number => kinds & 0xff
export const slotOf = (kinds: number): number => (kinds >>> 8) & 0xff
export const verdictOf = (kinds: number): number => (kinds >>> 16) & 0xff
export const flagsOf = (kinds: number): number => kinds >>> (8 * FLAGS)

/** Packets of one queue at one point. */
export interface PointCounts {
  /** Packets that came by. */
  seen: number
  /** Packets that the filter and `sample` let through. */
  accepted: number
  /** Packets that were written for the reader. */
  captured: number
  /** Packets for which the reader had left no room. */
  dropped: number
  /** Packets of `seen` that the program owned: made by alloc(), or kept before. */
  owned: number
}

const COUNTS = ['seen', 'accepted', 'captured', 'dropped', 'owned'] as const

const broken = () => new RxburstError('ERR_CONTROL', 'the memory of the capture holds what no capture can')

/** One worker's ring. */
export class Ring {
  /** Index of its worker in the data plane. */
  readonly worker: number
  readonly words: Uint32Array
  readonly bytes: Uint8Array
  readonly #units: number
  readonly #page: Uint32Array
  readonly #tails: Uint32Array
  readonly #tailAt: number
  #tail = 0
  #end = 0
  #found = 0 // units of the record that peek() has found
  /** Bytes of the packet that peek() has found. */
  captured = 0

  constructor(words: Uint32Array, page: Uint32Array, tails: Uint32Array, worker: number) {
    this.worker = worker
    this.words = words
    this.bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    this.#units = words.length / WORDS
    this.#page = page
    this.#tails = tails
    this.#tailAt = worker * TAIL_STRIDE
  }

  /** Looks how far the worker has come. */
  look(): void {
    this.#end = Atomics.load(this.#page, tap.headAt / 4)
    if ((this.#end - this.#tail) >>> 0 > this.#units) throw broken()
  }

  /** The place of the next record's first word; -1: there is none. */
  peek(): number {
    for (;;) {
      const left = (this.#end - this.#tail) >>> 0
      if (left === 0) return -1
      const unit = this.#tail & (this.#units - 1)
      const first = unit * WORDS
      const bytes = this.words[first]
      const units = bytes / tap.unit
      if (bytes === 0 || bytes % tap.unit !== 0 || units > left || units > this.#units - unit) throw broken()
      const kinds = this.words[first + at.kinds]
      if (flagsOf(kinds) & tap.pad) {
        this.#tail = (this.#tail + units) >>> 0
        continue
      }
      const most = bytes - tap.recordBytes
      const captured = this.words[first + at.captured]
      if (most < 0 || captured > most) throw broken()
      if (pointOf(kinds) >= tap.points || slotOf(kinds) >= tap.slots) throw broken()
      this.#found = units
      this.captured = captured
      return first
    }
  }

  /** Goes on behind the record that peek() gave. */
  pass(): void {
    this.#tail = (this.#tail + this.#found) >>> 0
  }

  /** Gives the worker the room of what was read. */
  release(): void {
    Atomics.store(this.#tails, this.#tailAt, this.#tail)
  }
}

export class CaptureMemory {
  readonly rings: readonly Ring[]
  readonly #words: Uint32Array

  /**
   * Maps the two sealed memfds; their descriptors may be closed then.
   * @throws ERR_CONTROL for memory that is none of a capture
   */
  constructor(descriptors: { records: number; index: number }) {
    const { records, index } = native.workers.captures.map(descriptors)
    const words = new Uint32Array(records)
    this.#words = words
    const workers = words[tap.workersAt / 4]
    const ringBytes = words[tap.ringBytesAt / 4]
    const wanted = tap.page * (1 + workers) + ringBytes * workers
    const sound =
      words[0] === tap.magic &&
      workers > 0 &&
      workers <= WORKERS_MAX &&
      Number.isInteger(Math.log2(ringBytes))
    if (!sound || records.byteLength !== wanted || index.byteLength !== tap.page) throw broken()
    const tails = new Uint32Array(index)
    this.rings = Array.from({ length: workers }, (_, worker) => {
      const page = this.#pageOf(worker)
      const from = tap.page * (1 + workers) + ringBytes * worker
      return new Ring(new Uint32Array(records, from, ringBytes / 4), page, tails, worker)
    })
  }

  #pageOf(worker: number): Uint32Array {
    return this.#words.subarray(PAGE_WORDS * (1 + worker), PAGE_WORDS * (2 + worker))
  }

  /** Whether the worker has stopped to write. */
  isGone(worker: number): boolean {
    return Atomics.load(this.#pageOf(worker), tap.stateAt / 4) === GONE
  }

  /** The counts of one queue of a worker at one point, 0 entry and 1 exit. */
  counts(worker: number, slot: number, point: number): PointCounts {
    const page = this.#pageOf(worker)
    const from = (tap.countsAt + (slot * tap.points + point) * tap.countBytes) / 4
    const [seen, accepted, captured, dropped, owned] = COUNTS.map((_, i) => {
      // Halves of a number that grows: read again when the upper one has just changed.
      for (;;) {
        const high = Atomics.load(page, from + 2 * i + 1)
        const low = Atomics.load(page, from + 2 * i)
        if (Atomics.load(page, from + 2 * i + 1) === high) return high * 2 ** 32 + low
      }
    })
    return { seen, accepted, captured, dropped, owned }
  }
}
