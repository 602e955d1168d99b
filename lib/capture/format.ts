// Records of a capture as parts of a file: pcapng with all that is known, or pcap. Nothing is allocated for a packet.
import { arch, cpus, release, type } from 'node:os'
import { layout } from '../native.js'
import { packageVersion } from '../package-root.js'
import { ETHERNET } from '../pcap/link-types.js'
import type { CaptureInterface } from '../pcap/packet.js'
import {
  commentWords,
  interfaceDescription,
  interfaceStatistics,
  noNotes,
  PACKET_HEAD_WORDS,
  PACKET_TAIL_WORDS,
  putPacketHead,
  putPacketTail,
  sectionHeader,
} from '../pcap/pcapng-blocks.js'
import { pcapHeader } from '../pcap/writer.js'
import { at, flagsOf, pointOf, type Ring, slotOf } from './memory.js'
import type { InterfaceCounts, Place } from './source.js'
import { verdictWords, xdpActionOf } from './verdict.js'

const { tap } = layout
const COMMENTS_MAX = 4096 // comments that are kept made: one for each verdict and action
const COMMENT_WORDS_MAX = 32
const PACKET_WORDS_MAX = 65536 / 4
const BILLION = 1_000_000_000
const RECORD_HEADER = 16 // of pcap

/** Bytes of the longest record of a file. */
const LONGEST_BYTES = 4 * (PACKET_HEAD_WORDS + PACKET_WORDS_MAX + PACKET_TAIL_WORDS + COMMENT_WORDS_MAX)
const CHUNK_BYTES = 1 << 20
const SHORTEST_BYTES = 16 // the header of a record in pcap

/** A piece of a file that is being filled; its memory is used again. */
export class Chunk {
  readonly words = new Uint32Array(CHUNK_BYTES / 4)
  readonly bytes = new Uint8Array(this.words.buffer)
  readonly view = new DataView(this.words.buffer)
  /** Bytes that are filled. */
  at = 0
  /** Records that it holds. */
  packets = 0
  /** Where each record ends, and where it was counted: what a write that fails takes back. */
  readonly #ends = new Uint32Array(CHUNK_BYTES / SHORTEST_BYTES)
  readonly #cells = new Uint32Array(CHUNK_BYTES / SHORTEST_BYTES)

  /** Whether the longest record may have no room any more. */
  get full(): boolean {
    return this.at + LONGEST_BYTES > CHUNK_BYTES
  }

  /** A record was put here, which is counted in that cell. */
  mark(cell: number): void {
    this.#ends[this.packets] = this.at
    this.#cells[this.packets++] = cell
  }

  /** The bytes of the records that end within the first `bytes`; `without` gets the cells of the others. */
  wholeIn(bytes: number, without: (cell: number) => void): number {
    let whole = 0
    for (let i = 0; i < this.packets; i++)
      if (this.#ends[i] <= bytes) whole = this.#ends[i]
      else without(this.#cells[i])
    return whole
  }

  clear(): void {
    this.at = 0
    this.packets = 0
  }
}

/** A file's format. */
export interface Format {
  /** What each file begins with. */
  header(): Uint8Array
  /** Writes the packet of the record that peek() of that ring has just found, whose first word is `from`. */
  put(chunk: Chunk, ring: Ring, from: number): void
  /** What each file ends with. */
  trailer(counts: readonly InterfaceCounts[], began: bigint, now: bigint): Uint8Array
}

/** Copies packet bytes by words; what stands behind them in the last word is made zero, as pcapng wants its padding. */
function copyBytes(out: Uint32Array, to: number, words: Uint32Array, from: number, bytes: number): number {
  const whole = bytes >>> 2
  for (let i = 0; i < whole; i++) out[to + i] = words[from + i]
  const rest = bytes & 3
  if (rest === 0) return to + whole
  out[to + whole] = words[from + whole] & ((1 << (8 * rest)) - 1)
  return to + whole + 1
}

const joined = (parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts)

export class PcapngFormat implements Format {
  readonly #places: readonly Place[]
  readonly #interfaces: readonly CaptureInterface[]
  readonly #remark: string
  readonly #numbers = new Map<number, { on: number; queue: number }>()
  readonly #comments = new Map<number, readonly Uint32Array[]>()
  readonly #notes = noNotes()

  constructor(places: readonly Place[], snaplen: number, filter: string, remark: string) {
    this.#places = places
    this.#remark = remark
    const os = `${type()} ${release()}`
    this.#interfaces = places.map(({ port, queue, mac }) => ({
      linkType: ETHERNET,
      snapLength: snaplen,
      name: `${port} queue ${queue}`,
      ...(mac ? { mac: Uint8Array.from(mac) } : {}),
      ...(filter === '' ? {} : { filter }),
      os,
    }))
    for (const [on, { ring, slot, queue }] of places.entries())
      this.#numbers.set(ring * tap.slots + slot, { on, queue })
  }

  header(): Uint8Array {
    const section = sectionHeader({
      hardware: `${cpus()[0]?.model.trim() || arch()}`,
      os: `${type()} ${release()}`,
      application: `rxburst ${packageVersion}`,
      comments: [this.#remark],
    })
    return joined([section, ...this.#interfaces.map(interfaceDescription)])
  }

  put(chunk: Chunk, ring: Ring, from: number): void {
    const { words } = ring
    const { words: out } = chunk
    const to = chunk.at / 4
    const kinds = words[from + at.kinds]
    const flags = flagsOf(kinds)
    const { captured } = ring
    const place = this.#numbers.get(ring.worker * tap.slots + slotOf(kinds))
    putPacketHead(
      out,
      to,
      place?.on ?? 0,
      words[from + at.time + 1],
      words[from + at.time],
      captured,
      words[from + at.length],
    )
    const end = copyBytes(out, to + PACKET_HEAD_WORDS, words, from + at.bytes, captured)
    const notes = this.#notes
    notes.direction = pointOf(kinds) === 0 ? 1 : 2
    notes.hasHash = (flags & tap.hasHash) !== 0
    notes.hash = words[from + at.hash]
    notes.dropsLow = words[from + at.drops]
    notes.hasId = true
    notes.idLow = words[from + at.id]
    notes.idHigh = words[from + at.id + 1]
    notes.queue = place?.queue ?? -1
    notes.xdp = xdpActionOf(kinds)
    notes.comments = this.#commentsOf(kinds, words[from + at.action])
    chunk.at = putPacketTail(out, to, end, notes) * 4
  }

  #commentsOf(kinds: number, action: number): readonly Uint32Array[] {
    if (pointOf(kinds) === 0) return []
    // The queue is left out, so that the number is that of a verdict and an action.
    const key = action * 2 ** 16 + (kinds >>> 16)
    let comments = this.#comments.get(key)
    if (!comments) {
      comments = [commentWords(verdictWords(kinds, action))]
      if (this.#comments.size < COMMENTS_MAX) this.#comments.set(key, comments)
    }
    return comments
  }

  trailer(counts: readonly InterfaceCounts[], began: bigint, now: bigint): Uint8Array {
    return joined(
      this.#places.map((_, on) => {
        const { seen, accepted, dropped, written } = counts[on]
        return interfaceStatistics(on, now, {
          start: began,
          end: now,
          received: BigInt(seen),
          dropped: BigInt(dropped),
          accepted: BigInt(accepted),
          delivered: BigInt(written),
        })
      }),
    )
  }
}

export class PcapFormat implements Format {
  readonly #snaplen: number
  // The second that the last packet's time was in.
  #second = 0n
  #high = 0
  #low = 0

  constructor(snaplen: number) {
    this.#snaplen = snaplen
  }

  header(): Uint8Array {
    return pcapHeader({ linkType: ETHERNET, snapLength: this.#snaplen })
  }

  put(chunk: Chunk, { words, bytes, captured }: Ring, from: number): void {
    const high = words[from + at.time + 1]
    const low = words[from + at.time]
    let ns = (high - this.#high) * 2 ** 32 + (low - this.#low)
    if (ns < 0 || ns >= BILLION) {
      const time = (BigInt(high) << 32n) | BigInt(low)
      this.#second = time / BigInt(BILLION)
      const begins = this.#second * BigInt(BILLION)
      this.#high = Number(begins >> 32n)
      this.#low = Number(begins & 0xffffffffn)
      ns = Number(time - begins)
    }
    const { view, at: to } = chunk
    view.setUint32(to, Number(this.#second), true)
    view.setUint32(to + 4, ns, true)
    view.setUint32(to + 8, captured, true)
    view.setUint32(to + 12, words[from + at.length], true)
    const begin = (from + at.bytes) * 4
    chunk.bytes.set(bytes.subarray(begin, begin + captured), to + RECORD_HEADER)
    chunk.at = to + RECORD_HEADER + captured
  }

  trailer(): Uint8Array {
    return new Uint8Array(0)
  }
}
