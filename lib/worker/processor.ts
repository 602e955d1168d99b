// What a user writes: a processor, the context it gets, and perPacket(), which makes a burst handler of a packet handler.

import type { WasmMemory } from '../web-assembly.js'
import type { Burst, Packet } from './burst.js'
import type { PortDescription, QueueDescription } from './description.js'
import { madeBy } from './made-by.js'
import type { OwnedPacket } from './owned-packet.js'
import type { Verdict } from './verdict.js'
import { boot } from './views.js'

const debug = boot?.debug ?? false

/** Called with every burst. It gives verdicts and returns; nothing of the burst may be used later. */
export type BurstHandler = (burst: Burst) => void

/** What a processor's factory gets, once in each worker. */
export interface Context<Data = unknown> {
  /** Every port of the data plane; a verdict names one by its index here. */
  readonly ports: readonly PortDescription[]
  /** The queues that this worker owns. */
  readonly queues: readonly QueueDescription[]
  /** What run() was given for this worker, cloned. */
  readonly data: Data
  /** This worker's number, from 0. */
  readonly index: number
  /** Aborted when the data plane stops. */
  readonly signal: AbortSignal
  /** The arena; offsets are bytes from its start. */
  readonly memory: WasmMemory
  /** The arena by byte, by 16 and by 32 bits (machine byte order). */
  readonly u8: Uint8Array
  readonly u16: Uint16Array
  readonly u32: Uint32Array
  /** A fresh packet of that many zero bytes, to fill and send; null when no frame is free this turn. */
  alloc(length?: number): OwnedPacket | null
  /** Calls `callback` once per turn, also an empty one: for generators and for work without packets. */
  onTurn(callback: () => void): void
  /** Ends the data plane as `plane.stop()` does: every worker finishes what had arrived, and `plane.done` resolves. Twice is fine. */
  stop(): void
}

/** The default export of a processor module: runs once in each worker and returns the handler. */
export type Processor<Data = unknown> = (context: Context<Data>) => BurstHandler | Promise<BurstHandler>

/**
 * Makes a burst handler of a function that looks at one packet and returns its verdict. It is called once for each packet, however
 * many segments that has. Allocates nothing per packet. What it returns has to be a verdict: a promise, or nothing, ends the worker
 * with ERR_BAD_VERDICT.
 */
export function perPacket(handler: (packet: Packet) => Verdict): BurstHandler {
  return madeBy('perPacket', (burst: Burst) => {
    const { count, offsetIndex } = burst
    if (count === 0) return
    if (burst.segmented || debug) return oneByOne(burst, handler)
    const packet = burst.at(0)
    const first = handler(packet)
    for (let word = offsetIndex + 1, end = offsetIndex + count; word < end; word++) {
      packet.word = word
      const verdict = handler(packet)
      if (verdict !== first) return differing(burst, word - offsetIndex, first, verdict, handler)
    }
    burst.setAll(first)
  })
}

// The rest of a burst whose verdicts are not all the same: one byte each.
function differing(
  burst: Burst,
  at: number,
  first: Verdict,
  then: Verdict,
  handler: (packet: Packet) => Verdict,
): void {
  const { count, verdict } = burst
  burst.setVerdict(0, first)
  verdict.fill(first, 0, at)
  burst.setVerdict(at, then)
  for (let i = at + 1; i < count; i++) {
    const each = handler(burst.at(i))
    if (typeof each !== 'number' || (each & 0xff) !== each) burst.setVerdict(i, each) // throws
    verdict[i] = each
  }
}

// Where a packet may have several entries: once for the first of them, whose verdict is the packet's. And where at() looks after it.
function oneByOne(burst: Burst, handler: (packet: Packet) => Verdict): void {
  const { count } = burst
  for (let i = 0; i < count; i = burst.endOf(i)) burst.setVerdict(i, handler(burst.at(i)))
}
