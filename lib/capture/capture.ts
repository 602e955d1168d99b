// A capture at work: it reads the rings of the workers, writes a file or gives packets, and keeps its counts.
/// <reference lib="esnext.disposable" preserve="true" />
import { setTimeout as sleep } from 'node:timers/promises'
import { RxburstError } from '../errors.js'
import { layout } from '../native.js'
import { compressionOf } from '../pcap/compression.js'
import { Chunk, type Format, PcapFormat, PcapngFormat } from './format.js'
import { at, pointOf, type Ring, slotOf } from './memory.js'
import type { CapturePoint, CheckedCaptureOptions } from './options.js'
import { FileRing, openSink, type Sink } from './sink.js'
import type { CaptureCounts, InterfaceCounts, PointSums, Source } from './source.js'
import { type TapPacket, toPacket } from './tap-packet.js'

const { tap } = layout
const POINTS: readonly CapturePoint[] = ['entry', 'exit']
const BATCH = 4096 // packets that an iterator gets before the rings are looked at again
const IDLE_MS = 2
const REMARK =
  'Packets that XDP decided (rules, flows in the driver) did not reach the worker and are not here. An inbound packet is as it was received, an outbound one as it left the worker, with its verdict.'

/**
 * A capture of a running data plane. plane.capture() begins it.
 * @example
 * ```ts
 * import type { DataPlane } from 'rxburst'
 *
 * export async function show(plane: DataPlane) {
 *   const capture = await plane.capture({ filter: 'udp port 53', points: ['exit'], count: 100 })
 *   for await (const { time, length, verdict } of capture) console.log(time, length, verdict)
 * }
 * ```
 */
export class Capture implements AsyncDisposable, AsyncIterable<TapPacket> {
  /** Resolves with the counts when it has ended and its file is whole; rejects when the file could not be written. */
  readonly done: Promise<CaptureCounts>
  readonly #source: Source
  readonly #options: CheckedCaptureOptions
  readonly #began = BigInt(Date.now()) * 1_000_000n
  /** Packets written, by ring, slot and point. */
  readonly #written: Float64Array
  #total = 0
  #stopping = false
  #failed = false
  #iterates = false
  #reads = false
  #wake: () => void = () => {}
  #settle!: { resolve(counts: CaptureCounts): void; reject(error: unknown): void }

  /** @internal use plane.capture() */
  constructor(source: Source, options: CheckedCaptureOptions) {
    this.#source = source
    this.#options = options
    this.#written = new Float64Array(source.memory.rings.length * tap.slots * tap.points)
    this.done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.done.catch(() => {}) // whoever awaits it hears of it
    const stop = () => void this.stop().catch(() => {})
    options.signal?.addEventListener('abort', stop, { once: true })
    if (options.signal?.aborted) stop()
    if (options.to !== undefined) this.#write(options.to).then(this.#settle.resolve, this.#settle.reject)
  }

  /** Counts so far; exact after `done`. */
  counts(): CaptureCounts {
    const sum = { seen: 0, accepted: 0, captured: 0, dropped: 0, written: 0 }
    const points: CaptureCounts['points'] = {}
    for (const name of this.#options.points) {
      const point = POINTS.indexOf(name)
      const its: PointSums = { ...sum, owned: 0, seen: 0, accepted: 0, captured: 0, dropped: 0, written: 0 }
      for (const { ring, slot } of this.#source.places) {
        const found = this.#source.memory.counts(ring, slot, point)
        for (const key of ['seen', 'accepted', 'captured', 'dropped', 'owned'] as const)
          its[key] += found[key]
        its.written += this.#written[this.#cell(ring, slot, point)]
      }
      // Packets that could not be written are dropped, and so are those that the rings still hold.
      if (this.#failed) Object.assign(its, { captured: its.written, dropped: its.accepted - its.written })
      points[name] = its
    }
    for (const its of Object.values(points))
      for (const key of ['seen', 'accepted', 'captured', 'dropped', 'written'] as const) sum[key] += its[key]
    return { ...sum, points }
  }

  /**
   * Ends it; what was captured until now is still written, or given to the loop that reads the packets. Resolves with the
   * counts: of a capture that writes, those of `done`.
   */
  async stop(): Promise<CaptureCounts> {
    this.#stopping = true
    this.#wake()
    if (this.#options.to !== undefined) return this.done
    if (!this.#reads) await this.#finish()
    else await this.#source.detach() // the loop may be the one that waits here
    return this.counts()
  }

  /** Does what stop() does: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => {})
  }

  /**
   * The packets, as they come. Only without `to`, and once. The end of the loop ends the capture.
   * @throws ERR_BAD_ARGUMENT for a capture that writes into a file, or is read already
   */
  [Symbol.asyncIterator](): AsyncGenerator<TapPacket, void, undefined> {
    if (this.#options.to !== undefined || this.#iterates)
      throw new RxburstError(
        'ERR_BAD_ARGUMENT',
        'the packets of a capture are read once, and only where no `to` was given',
      )
    this.#iterates = true
    return this.#packets()
  }

  async *#packets(): AsyncGenerator<TapPacket, void, undefined> {
    this.#reads = true
    try {
      for (;;) {
        const last = await this.#ends()
        const { found, cells } = this.#take()
        for (let i = 0; i < found.length; i++) {
          this.#written[cells[i]]++
          this.#total++
          yield found[i]
        }
        if (this.#reached) return
        if (found.length > 0) continue
        if (last) return
        await this.#wait()
      }
    } finally {
      await this.#finish()
    }
  }

  /** Whether it is to end: then nothing more is written into the rings, and what is there is read still. */
  async #ends(): Promise<boolean> {
    if (!this.#source.over && !this.#stopping) return false
    await this.#source.detach()
    return true
  }

  async #wait(): Promise<void> {
    if (this.#stopping) return
    const waiting = new AbortController()
    this.#wake = () => waiting.abort()
    await sleep(IDLE_MS, undefined, { signal: waiting.signal }).catch(() => {})
  }

  async #finish(): Promise<void> {
    try {
      await this.#source.detach()
      const counts = this.counts()
      if (this.#source.error) throw this.#source.error
      this.#settle.resolve(counts)
    } catch (error) {
      this.#settle.reject(error)
    } finally {
      this.#source.close()
    }
  }

  #cell(ring: number, slot: number, point: number): number {
    return (ring * tap.slots + slot) * tap.points + point
  }

  get #reached(): boolean {
    return this.#options.count !== undefined && this.#total >= this.#options.count
  }

  /** The ring whose next record is the oldest; its place is in `#first`. */
  #oldest(rings: readonly Ring[]): Ring | undefined {
    let oldest: Ring | undefined
    let low = 0
    let high = 0
    for (const ring of rings) {
      const first = ring.peek()
      if (first < 0) continue
      const [itsLow, itsHigh] = [ring.words[first + at.time], ring.words[first + at.time + 1]]
      if (oldest && (itsHigh > high || (itsHigh === high && itsLow >= low))) continue
      oldest = ring
      low = itsLow
      high = itsHigh
      this.#first = first
    }
    return oldest
  }
  #first = 0

  /** The cell in which a record is counted. */
  #cellOf(ring: Ring, first: number): number {
    const kinds = ring.words[first + at.kinds]
    return this.#cell(ring.worker, slotOf(kinds), pointOf(kinds))
  }

  /**
   * Leaves the records that are whole in a file whose disk is full, and counts the others as not written. `bytes`: of the
   * chunk, those that are in the file.
   */
  async #cut(sink: Sink, chunk: Chunk, bytes: number): Promise<void> {
    this.#failed = true
    const whole = chunk.wholeIn(bytes, (cell) => {
      this.#written[cell]--
      this.#total--
    })
    await sink.cut(whole)
  }

  #take(): { found: TapPacket[]; cells: number[] } {
    const { rings } = this.#source.memory
    for (const ring of rings) ring.look()
    const found: TapPacket[] = []
    const cells: number[] = []
    const most = Math.min(BATCH, (this.#options.count ?? Number.POSITIVE_INFINITY) - this.#total)
    while (found.length < most) {
      const ring = this.#oldest(rings)
      if (!ring) break
      found.push(toPacket(ring, this.#first, this.#source.places))
      cells.push(this.#cellOf(ring, this.#first))
      ring.pass()
    }
    for (const ring of rings) ring.release()
    return { found, cells }
  }

  /** Fills a chunk; false: there was nothing to fill it with. */
  #fill(chunk: Chunk, format: Format): boolean {
    const { rings } = this.#source.memory
    const before = this.#total
    for (const ring of rings) ring.look()
    const only = rings.length === 1 ? rings[0] : undefined
    while (!chunk.full && !this.#reached) {
      const ring = only ?? this.#oldest(rings)
      const first = only ? only.peek() : this.#first
      if (!ring || first < 0) break
      format.put(chunk, ring, first)
      const cell = this.#cellOf(ring, first)
      this.#written[cell]++
      this.#total++
      chunk.mark(cell)
      ring.pass()
    }
    for (const ring of rings) ring.release()
    return this.#total > before
  }

  async #write(to: NonNullable<CheckedCaptureOptions['to']>): Promise<CaptureCounts> {
    const { rotateBytes = Number.POSITIVE_INFINITY, files, snaplen, filter } = this.#options
    const pcap = typeof to === 'string' && /\.p?cap$/.test(compressionOf(to).bare)
    const ring = Number.isFinite(rotateBytes) ? new FileRing(to as string, files) : undefined
    const open = () => (ring ? ring.next() : openSink(to))
    const chunk = new Chunk()
    let sink: Sink | undefined
    let bytes = 0
    const write = async (piece: Uint8Array, ofChunk: boolean) => {
      try {
        await sink!.write(piece)
      } catch (error) {
        await this.#cut(sink!, chunk, ofChunk ? sink!.there : 0)
        throw error
      }
      bytes += piece.length
    }
    const put = (piece: Uint8Array) => write(piece, false)
    const end = async (format: Format) => {
      await put(format.trailer(this.#interfaceCounts(), this.#began, BigInt(Date.now()) * 1_000_000n))
      await sink!.end()
      sink = undefined
    }
    try {
      const format: Format = pcap
        ? new PcapFormat(snaplen)
        : new PcapngFormat(this.#source.places, snaplen, filter, REMARK)
      sink = await open()
      await put(format.header())
      for (;;) {
        const last = await this.#ends()
        const filled = this.#fill(chunk, format)
        if (filled) {
          if (bytes >= rotateBytes) {
            await end(format)
            bytes = 0
            sink = await open()
            await put(format.header())
          }
          await write(chunk.bytes.subarray(0, chunk.at), true)
          chunk.clear()
        }
        if (this.#reached) break
        if (filled) continue
        if (last) break
        await this.#wait()
      }
      await this.#source.detach()
      await end(format)
      if (this.#source.error) throw this.#source.error
      return this.counts()
    } finally {
      await this.#source.detach().catch(() => {})
      await sink?.end().catch(() => {})
      this.#source.close()
    }
  }

  #interfaceCounts(): InterfaceCounts[] {
    return this.#source.places.map(({ ring, slot }) => {
      const sum = { seen: 0, accepted: 0, dropped: 0, written: 0 }
      for (const name of this.#options.points) {
        const point = POINTS.indexOf(name)
        const { seen, accepted, dropped } = this.#source.memory.counts(ring, slot, point)
        sum.seen += seen
        sum.accepted += accepted
        sum.dropped += dropped
        sum.written += this.#written[this.#cell(ring, slot, point)]
      }
      return sum
    })
  }
}
