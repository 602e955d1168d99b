// Packets on their way from the main thread, which reads a file, to the worker that sends them: a ring of records in
// shared memory with one writer and one reader.

/** Bytes of the ring: all that a replay holds of its file. */
export const RING_BYTES = 4 << 20
const HEAD_BYTES = 16 // length, and when the packet is due
const WRAP = -1 // in the place of a length: the next record is at the ring's beginning

/** Bytes that were written, that were read; 1: sending may begin. */
const [WRITTEN, READ, GO, WORDS] = [0, 1, 2, 3]

/** The memory of a ring, which can be handed to a worker. */
export interface RingMemory {
  words: SharedArrayBuffer
  bytes: SharedArrayBuffer
}

export const newRing = (): RingMemory => ({
  words: new SharedArrayBuffer(4 * WORDS),
  bytes: new SharedArrayBuffer(RING_BYTES),
})

const padded = (length: number) => HEAD_BYTES + ((length + 7) & ~7)

class Ring {
  protected readonly words: Int32Array
  protected readonly u8: Uint8Array
  protected readonly i32: Int32Array
  protected readonly f64: Float64Array

  constructor({ words, bytes }: RingMemory) {
    this.words = new Int32Array(words)
    this.u8 = new Uint8Array(bytes)
    this.i32 = new Int32Array(bytes)
    this.f64 = new Float64Array(bytes)
  }
}

/** The main thread's side. */
export class RingWriter extends Ring {
  #written = 0

  /** Whether it took the packet: false while it is full. */
  put(packet: Uint8Array, dueNs: number): boolean {
    const need = padded(packet.length)
    const at = this.#written & (RING_BYTES - 1)
    const skipped = at + need > RING_BYTES ? RING_BYTES - at : 0
    const used = (this.#written - Atomics.load(this.words, READ)) | 0
    if (used + skipped + need > RING_BYTES) return false
    if (skipped > 0) this.i32[at >>> 2] = WRAP
    const place = skipped > 0 ? 0 : at
    this.i32[place >>> 2] = packet.length
    this.f64[(place >>> 3) + 1] = dueNs
    this.u8.set(packet, place + HEAD_BYTES)
    this.#written = (this.#written + skipped + need) | 0
    Atomics.store(this.words, WRITTEN, this.#written)
    return true
  }

  /** Lets the worker begin. */
  go(): void {
    Atomics.store(this.words, GO, 1)
  }

  /** Whether the worker has taken everything. */
  get empty(): boolean {
    return Atomics.load(this.words, READ) === this.#written
  }
}

/** The worker's side: `length` is that of the packet in front, -1 where there is none. */
export class RingReader extends Ring {
  #read = 0
  #written = 0
  length = -1
  /** When the packet in front is due, ns from the beginning. */
  dueNs = 0
  #at = 0

  /** Looks at the packet in front; false: there is none, or sending may not begin yet. */
  look(): boolean {
    if (this.length >= 0) return true
    if (this.#read === this.#written) {
      if (Atomics.load(this.words, GO) === 0) return false
      this.#written = Atomics.load(this.words, WRITTEN)
      if (this.#read === this.#written) return false
    }
    let at = this.#read & (RING_BYTES - 1)
    if (this.i32[at >>> 2] === WRAP) {
      this.#read = (this.#read + RING_BYTES - at) | 0
      at = 0
    }
    this.#at = at
    this.length = this.i32[at >>> 2]
    this.dueNs = this.f64[(at >>> 3) + 1]
    return true
  }

  /** Copies the packet in front, and goes on to the next. */
  take(to: Uint8Array, offset: number): void {
    const from = this.#at + HEAD_BYTES
    to.set(this.u8.subarray(from, from + this.length), offset)
    this.#read = (this.#read + padded(this.length)) | 0
    this.length = -1
    Atomics.store(this.words, READ, this.#read)
  }
}
