// Frames that the program owns: fresh ones from alloc(), received ones after KEEP. They end with send() or release().
import { RxburstError } from '../errors.js'
import { layout } from '../layout.gen.js'
import { PacketBytes } from './packet.js'
import { STAND } from './stand.js'
import { DROP, tx, type Verdict } from './verdict.js'
import { start, u8, u32 } from './views.js'
import { fitsVerdict, refuseVerdict } from './wrong-verdict.js'

const { head, offsets, limits } = layout
const block = start?.blockAt ?? 0
const HEAD = (block + offsets.head) >>> 2
const TAKEN = HEAD + head.freshTaken
const READY = HEAD + head.freshReady
const OUTBOX = HEAD + head.outboxCount
const FRESH = (block + offsets.fresh) >>> 2
const OUT_OFFSET = (block + offsets.outboxOffset) >>> 2
const OUT_LENGTH = (block + offsets.outboxLength) >>> 2
const OUT_VERDICT = (block + offsets.outboxVerdict) >>> 2
const OUT_MAX = limits.outboxMax
const MORE = limits.outboxMore
const { framesAt: FRAMES_AT, frameSize: FRAME_SIZE } = start?.arena ?? STAND
const debug = start?.debug ?? false
const words = u32 // see memory.ts

/** What did not fit this turn's outbox: offset, length, verdict, three numbers each. */
const overflow: number[] = []

function write(n: number, offset: number, length: number, verdict: number): void {
  words[OUT_OFFSET + n] = offset
  words[OUT_LENGTH + n] = length
  words[OUT_VERDICT + n] = verdict
  words[OUTBOX] = n + 1
}

function post(offset: number, length: number, verdict: number): void {
  const n = words[OUTBOX]
  if (n >= OUT_MAX || overflow.length !== 0) overflow.push(offset, length, verdict)
  else write(n, offset, length, verdict)
}

/** All segments of a packet, in one turn or in the next one. */
function postSegments(first: OwnedPacket, verdict: number): void {
  let segments = 0
  for (let p: OwnedPacket | null = first; p !== null; p = p.next) segments++
  const fits = overflow.length === 0 && words[OUTBOX] + segments <= OUT_MAX
  for (let p: OwnedPacket | null = first; p !== null; p = p.next) {
    const word = p.next === null ? verdict : verdict + MORE
    if (fits) write(words[OUTBOX], p.offset, p.length, word)
    else overflow.push(p.offset, p.length, word)
  }
}

/** Called once per turn: what waited goes out first, packets as a whole. */
export function postOverflow(): void {
  let at = 0
  while (at < overflow.length) {
    let end = at + 3
    while (end < overflow.length && (overflow[end - 1] & MORE) !== 0) end += 3
    const n = words[OUTBOX]
    if (n + (end - at) / 3 > OUT_MAX) break
    for (let k = n; at < end; at += 3, k++) write(k, overflow[at], overflow[at + 1], overflow[at + 2])
  }
  if (at > 0) overflow.splice(0, at)
}

/** A packet that the program owns until it calls send() or release(), each once. */
export class OwnedPacket extends PacketBytes {
  /** Where its first byte lies in the arena's memory. May be moved inside its own frame. */
  offset = 0
  /** Bytes, without the frame check sequence. */
  length = 0
  /** Whether the frame is still the program's; false after send() or release(). */
  owned = false
  /** The next segment, where the packet has several: see append(). */
  next: OwnedPacket | null = null

  #end(what: string, verdict: number): void {
    if (!this.owned)
      throw new RxburstError(
        'ERR_NOT_OWNER',
        `${what}() of a packet that was sent or released already: each packet is given up once`,
      )
    if (this.next !== null) {
      this.#endAll(what, verdict)
      return
    }
    this.owned = false
    post(this.offset, this.length, verdict)
    if (debug) this.length = 0
  }

  #endAll(what: string, verdict: number): void {
    for (let p: OwnedPacket | null = this; p !== null; p = p.next)
      if (!p.owned)
        throw new RxburstError(
          'ERR_NOT_OWNER',
          `${what}() of a packet whose segment was sent or released already`,
        )
    postSegments(this, verdict)
    for (let p: OwnedPacket | null = this; p !== null; ) {
      const next: OwnedPacket | null = p.next
      p.owned = false
      p.next = null
      if (debug) p.length = 0
      p = next
    }
  }

  /** Bytes of this segment and those behind it. */
  get totalLength(): number {
    let sum = 0
    for (let p: OwnedPacket | null = this; p !== null; p = p.next) sum += p.length
    return sum
  }

  /** The bytes of this segment and those behind it, copied. */
  override copy(): Uint8Array {
    if (this.next === null) return super.copy()
    const bytes = new Uint8Array(this.totalLength)
    let at = 0
    for (let p: OwnedPacket | null = this; p !== null; at += p.length, p = p.next) bytes.set(p.view(), at)
    return bytes
  }

  /**
   * Makes `next` the segment behind the last one of this packet: what begins here is sent and released as one packet.
   * At most 16 (`capabilities.segments`) segments, none of them empty; a port that was not opened with `segments: true`
   * rejects them.
   * @throws ERR_NOT_OWNER when either was given up, or is a part of the other
   */
  append(next: OwnedPacket): void {
    if (!this.owned || !next.owned)
      throw new RxburstError('ERR_NOT_OWNER', 'append() of a packet that was sent or released already')
    let last: OwnedPacket = this
    while (last.next !== null) last = last.next
    for (let p: OwnedPacket | null = next; p !== null; p = p.next)
      if (p === last)
        throw new RxburstError('ERR_NOT_OWNER', 'append() of a packet to itself, or to a part of it')
    last.next = next
  }

  /** Sends it out of a port at the end of this turn; whether the device took it, `tx` and `rejected` tell. */
  send(port: number | { readonly index: number }): void {
    const verdict = tx(port)
    if (!fitsVerdict(verdict)) refuseVerdict(verdict, `send(${port})`)
    this.#end('send', verdict)
  }

  /** Frees it, counted as dropped. */
  release(): void {
    this.#end('release', DROP)
  }

  /**
   * Sets the length, and where it begins: bytes that come into view keep what was in the frame.
   * @throws ERR_OUTSIDE_FRAME when the packet would leave its frame
   */
  resize(length: number, moveHead = 0): void {
    const from = FRAMES_AT + Math.floor((this.offset - FRAMES_AT) / FRAME_SIZE) * FRAME_SIZE
    const offset = this.offset + moveHead
    if (!(length >= 0) || offset < from || offset >= from + FRAME_SIZE || offset + length > from + FRAME_SIZE)
      throw new RxburstError(
        'ERR_OUTSIDE_FRAME',
        `a packet of ${length} bytes from byte ${offset - from} on does not fit its frame of ${FRAME_SIZE} bytes`,
      )
    this.offset = offset
    this.length = length
  }
}

// One object per frame, made when first needed, so that a steady program allocates nothing. In debug mode each packet
// gets an object of its own, so that a stale one stays dead.
const owned: OwnedPacket[] = []

/** The object for the frame that begins or contains `offset`. */
export function own(offset: number, length: number): OwnedPacket {
  const frame = Math.floor((offset - FRAMES_AT) / FRAME_SIZE)
  let packet = owned[frame]
  if (packet === undefined || debug) {
    packet = new OwnedPacket()
    owned[frame] = packet
  }
  packet.owned = true
  packet.next = null
  packet.offset = offset
  packet.length = length
  return packet
}

/**
 * A fresh packet of `length` zero bytes (default 60, the shortest Ethernet packet), or null when no frame is free now:
 * try again next turn. A packet longer than a frame is made of several: see {@link OwnedPacket.append}.
 */
export function alloc(length = 60): OwnedPacket | null {
  const taken = words[TAKEN]
  if (taken >= words[READY]) return null
  const offset = words[FRESH + taken]
  if (!(length >= 0 && length <= FRAME_SIZE - limits.headroom))
    throw new RxburstError(
      'ERR_OUTSIDE_FRAME',
      `alloc(${length}): a packet has 0 to ${FRAME_SIZE - limits.headroom} bytes in frames of ${FRAME_SIZE}`,
    )
  words[TAKEN] = taken + 1
  u8.fill(0, offset, offset + length)
  return own(offset, length)
}

export type { Verdict }
