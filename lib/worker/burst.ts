// One burst: the packets a queue received together, as columns, and one flyweight to look at them one by one.
import { RxburstError } from '../errors.js'
import { layout } from '../layout.gen.js'
import { alloc, type OwnedPacket, own } from './owned-packet.js'
import { PacketBytes } from './packet.js'
import { stand } from './stand.js'
import { DROP, KEEP, type Verdict } from './verdict.js'
import { arenaBuffer, start, u8, u32 } from './views.js'
import { refuseVerdict } from './wrong-verdict.js'

const { offsets, limits } = layout
const MAX = limits.burstMax
const words = u32 // see memory.ts
const LENGTH = (offsets.slotLength - offsets.slotOffset) >>> 2

/**
 * A packet of a burst. The same object shows every packet in turn, so don't hold on to it: use keep() or copy().
 * It stores its place and nothing else: what a handler does not read costs nothing.
 */
export class Packet extends PacketBytes {
  readonly #burst: Burst
  /** Index of the port it came from: `tx(packet.port ^ 1)` sends it out of the other of two. */
  readonly port: number
  /** @internal The place of its queue among those of the worker. */
  readonly slot: number
  /** @internal Where its offset stands among the words of the memory; its length stands behind. */
  word = 0

  constructor(burst: Burst) {
    super()
    this.#burst = burst
    this.port = burst.port
    this.slot = burst.slot
  }

  /** Its place in the burst. */
  get index(): number {
    return this.word - this.#burst.offsetIndex
  }

  /** The device's number of the queue that it came from. */
  get queue(): number {
    return this.#burst.queue
  }

  /**
   * Its place in the burst that its queue received, an integer from 0 to 255. With `port` and `queue` it says where the
   * packet came from. In a burst as it was received it is `index`. In a burst that was gathered from that one, `index`
   * is the place in the new burst. Its `origin` does not change.
   */
  get origin(): number {
    return this.#burst.originOf(this.index)
  }

  override get offset(): number {
    return words[this.word]
  }

  override get length(): number {
    return words[this.word + LENGTH]
  }

  /** Its verdict; DROP unless set. Setting one that is none throws ERR_BAD_VERDICT. */
  get verdict(): Verdict {
    return this.#burst.verdict[this.index] as Verdict
  }
  /** @throws ERR_BAD_VERDICT */
  set verdict(verdict: Verdict) {
    this.#burst.setVerdict(this.index, verdict)
  }

  /**
   * Sets its length, and moves its first byte. Native code checks that it stays inside its own frame; if not, the
   * worker ends with ERR_OUTSIDE_FRAME.
   * @param length bytes from the new first byte on
   * @param moveHead bytes by which the first byte moves; a negative number moves it into the headroom. Default 0.
   */
  resize(length: number, moveHead = 0): void {
    words[this.word] += moveHead
    words[this.word + LENGTH] = length
  }

  /** How many segments it has: more than 1 only on a port that was opened with `segments: true`. */
  get segments(): number {
    return this.#burst.endOf(this.index) - this.index
  }

  /** Bytes of all its segments. `length`, and every read and write, is the first segment's. */
  get totalLength(): number {
    const { length } = this.#burst
    let sum = 0
    for (let i = this.index, end = this.#burst.endOf(i); i < end; i++) sum += length[i]
    return sum
  }

  /** The packet's bytes, of all its segments, copied: yours for as long as you like. */
  override copy(): Uint8Array {
    const end = this.#burst.endOf(this.index)
    if (end === this.index + 1) return super.copy()
    const { offset, length } = this.#burst
    const bytes = new Uint8Array(this.totalLength)
    for (let i = this.index, at = 0; i < end; at += length[i++])
      bytes.set(u8.subarray(offset[i], offset[i] + length[i]), at)
    return bytes
  }

  /**
   * Takes the packet out of the burst: it is yours until you send() or release() it. Its verdict is set; return it
   * (`packet.verdict`) from a perPacket handler. A verdict KEEP without keep() ends the worker with ERR_NOT_KEPT.
   *
   * Of a packet of several segments all are yours: `next` leads from one to the other, and send() and release() give up
   * all of them.
   * @returns null when the port only lends its memory and no frame is free for a copy; then the verdict is DROP
   */
  keep(): OwnedPacket | null {
    return this.#burst.keep(this.index)
  }
}

/**
 * Packets received together from one queue. Columns have `count` valid entries and are valid until the handler returns.
 */
export class Burst {
  /** Index of the port they came from, as in `context.ports`; `tx(burst.port)` sends them back. */
  readonly port: number
  /** The device's number of the queue. */
  readonly queue: number
  /** @internal The place of the queue among those of the worker. */
  readonly slot: number
  /** The number of packets, at least 1. On a port with segments it is the number of entries: see `more`. */
  count = 0
  /** Byte offset of the burst's columns in the memory, laid out as native/abi/columns.h says: for WebAssembly. */
  readonly address: number
  /** Index in `context.u32` of the first packet's offset: u32[offsetIndex + i] is offset[i], and quicker in a loop. */
  readonly offsetIndex: number
  /** Index in `context.u32` of the first packet's length: u32[lengthIndex + i] is length[i]. */
  readonly lengthIndex: number
  /** Byte offset of each packet's first byte in the memory (`context.u8`). May be moved inside its own frame. */
  readonly offset: Uint32Array
  /** Bytes of each packet. */
  readonly length: Uint32Array
  /** The verdict of each packet; DROP unless set. */
  readonly verdict: Uint8Array
  /** RSS hash; filled when asked for with `columns` and supported by the port. */
  readonly hash: Uint32Array
  /** VLAN TCI that the device took off, or 0xffffffff; filled when asked for with `columns`. */
  readonly vlan: Uint32Array
  /**
   * Receive time, nanoseconds of the clock that `capabilities.timestampClock` names; filled when asked for with
   * `columns`.
   */
  readonly timestamp: Float64Array
  /** Checksums of the packet: 0 unknown, 1 good, 2 bad, 3 never computed; filled when asked for with `columns`. */
  readonly checksum: Uint8Array
  /** Mark set by the device or its rules. Of flows in the NIC, on `dpdk:` ports whose driver has rte_flow. */
  readonly mark: Uint32Array
  /**
   * 1 where the next entry goes on with the same packet: it is longer than a frame. The verdict of a packet's first
   * entry counts, and a packet is never split over two bursts. All 0 unless the port was opened with `segments: true`.
   */
  readonly more: Uint8Array
  /** Whether the port was opened with `segments: true`. */
  readonly segmented: boolean
  readonly #all: number
  readonly #copied: number
  readonly #keeps: number
  readonly #kept: number
  readonly #packet: Packet
  readonly #lent: boolean

  constructor(slot: number, port: number, queue: number, lent: boolean, segmented = false) {
    const at = (start?.blockAt ?? 0) + offsets.slot + slot * offsets.slotBytes
    this.address = at
    this.offsetIndex = (at + offsets.slotOffset) >>> 2
    this.lengthIndex = this.offsetIndex + LENGTH
    this.port = port
    this.queue = queue
    this.slot = slot
    this.offset = new Uint32Array(arenaBuffer, at + offsets.slotOffset, MAX)
    this.length = new Uint32Array(arenaBuffer, at + offsets.slotLength, MAX)
    this.verdict = new Uint8Array(arenaBuffer, at + offsets.slotVerdict, MAX)
    this.hash = new Uint32Array(arenaBuffer, at + offsets.slotHash, MAX)
    this.vlan = new Uint32Array(arenaBuffer, at + offsets.slotVlan, MAX)
    this.timestamp = new Float64Array(arenaBuffer, at + offsets.slotTimestamp, MAX)
    this.checksum = new Uint8Array(arenaBuffer, at + offsets.slotChecksum, MAX)
    this.mark = new Uint32Array(arenaBuffer, at + offsets.slotMark, MAX)
    this.more = new Uint8Array(arenaBuffer, at + offsets.slotMore, MAX)
    this.segmented = segmented
    this.#all = (at + offsets.slotAll) >>> 2
    this.#copied = (at + offsets.slotCopied) >>> 2
    this.#keeps = (at + offsets.slotKeeps) >>> 2
    this.#kept = (at + offsets.slotKept) >>> 2
    this.#packet = new Packet(this)
    this.#lent = lent
  }

  /** One verdict for every packet of the burst; it outweighs single ones. The fastest way to give one. */
  setAll(verdict: Verdict): void {
    if (typeof verdict !== 'number' || (verdict & 0xff) !== verdict) this.#refuse('every packet', verdict)
    words[this.#all] = verdict
  }

  /**
   * The verdict of packet `i`, checked: `verdict[i]` would take anything that is no number for DROP.
   * @throws ERR_BAD_VERDICT
   */
  setVerdict(i: number, verdict: Verdict): void {
    if (typeof verdict !== 'number' || (verdict & 0xff) !== verdict) this.#refuse(`packet ${i}`, verdict)
    this.verdict[i] = verdict
  }

  #refuse(which: string, verdict: unknown): never {
    const name = (start ?? stand).ports[this.port]?.name
    refuseVerdict(verdict, `worker ${start?.index ?? 0}, ${name} queue ${this.queue}, ${which}`)
  }

  /** Packet `i`, as a flyweight: valid until the next call of at(). */
  at(i: number): Packet {
    const packet = this.#packet
    packet.word = this.offsetIndex + i
    return packet
  }

  /**
   * The place of packet `i` in the burst that its queue received: `i`, because this is that burst. A burst that was
   * gathered from it answers for its own packets.
   */
  originOf(i: number): number {
    return i
  }

  /** The entry behind the last segment of the packet that begins at entry `i`. */
  endOf(i: number): number {
    if (this.segmented) while (this.more[i] === 1 && i < this.count - 1) i++
    return i + 1
  }

  /** Takes packet `i` out of the burst: see Packet.keep(). */
  keep(i: number): OwnedPacket | null {
    if (!this.#lent) {
      this.verdict[i] = KEEP
      words[this.#keeps]++
      words[this.#kept + (i >>> 5)] |= 1 << (i & 31)
      if (this.segmented) return this.#keepSegments(i)
      return own(this.offset[i], this.length[i])
    }
    this.verdict[i] = DROP
    const copy = alloc(this.length[i])
    if (copy) {
      u8.copyWithin(copy.offset, this.offset[i], this.offset[i] + this.length[i])
      u32[this.#copied]++
    }
    return copy
  }

  #keepSegments(i: number): OwnedPacket {
    const first = own(this.offset[i], this.length[i])
    let last = first
    for (let k = i + 1, end = this.endOf(i); k < end; k++) {
      const next = own(this.offset[k], this.length[k])
      last.append(next)
      last = next
    }
    return first
  }
}

/** debug: true. Every burst and packet is an object of its own, dead once the handler has returned. */
export class DebugBurst extends Burst {
  #alive = true
  readonly #packets: Packet[] = []

  #check(): void {
    if (!this.#alive)
      throw new RxburstError(
        'ERR_USE_AFTER_RETURN',
        'this burst was used after its handler had returned: copy what you need later',
      )
  }

  override setAll(verdict: Verdict): void {
    this.#check()
    super.setAll(verdict)
  }

  override at(i: number): Packet {
    this.#check()
    if (!(i >= 0 && i < this.count))
      throw new RxburstError('ERR_OUTSIDE_FRAME', `packet ${i} of a burst of ${this.count}`)
    const packet = new DebugPacket(this)
    packet.word = this.offsetIndex + i
    this.#packets.push(packet)
    return packet
  }

  override keep(i: number): OwnedPacket | null {
    this.#check()
    return super.keep(i)
  }

  /** The handler has returned. */
  end(): void {
    this.#alive = false
    for (const packet of this.#packets) (packet as DebugPacket).end()
  }
}

class DebugPacket extends Packet {
  #alive = true

  end(): void {
    this.#alive = false
  }
  #check(): void {
    if (!this.#alive)
      throw new RxburstError(
        'ERR_USE_AFTER_RETURN',
        'this packet was used after its handler had returned: use keep() or copy()',
      )
  }
  override u8(at: number, value?: number): number {
    this.#check()
    return super.u8(at, value)
  }
  override u16(at: number, value?: number): number {
    this.#check()
    return super.u16(at, value)
  }
  override u32(at: number, value?: number): number {
    this.#check()
    return super.u32(at, value)
  }
  override view(): Uint8Array {
    this.#check()
    return super.view()
  }
  override copy(): Uint8Array {
    this.#check()
    return super.copy()
  }
  override set(bytes: ArrayLike<number>, at?: number): void {
    this.#check()
    super.set(bytes, at)
  }
  override resize(length: number, moveHead?: number): void {
    this.#check()
    super.resize(length, moveHead)
  }
  override keep(): OwnedPacket | null {
    this.#check()
    return super.keep()
  }
}
