// What a user writes: a processor, the context it gets, and perPacket(), which makes a burst handler of a packet
// handler.

import type { Flows } from '../flows/flows.js'
import type { WasmMemory } from '../web-assembly.js'
import type { Burst, Packet } from './burst.js'
import type { Counter } from './counter.js'
import type { PortDescription, QueueDescription } from './description.js'
import { madeBy } from './made-by.js'
import type { OwnedPacket } from './owned-packet.js'
import type { Verdict } from './verdict.js'
import { start } from './views.js'

const debug = start?.debug ?? false

/**
 * Called with every burst, which has at least one packet. It gives verdicts and returns. Nothing of the burst may be
 * used later.
 * @example
 * ```ts
 * import { type BurstHandler, tx } from 'rxburst'
 *
 * export default (): BurstHandler => (burst) => burst.setAll(tx(burst.port ^ 1))
 * ```
 */
export type BurstHandler = (burst: Burst) => void

/**
 * The argument of a processor's factory, which runs once in each worker. It is for this worker's thread alone.
 * @example
 * ```ts
 * import { type BurstHandler, type Context, DROP } from 'rxburst'
 *
 * // Sends ten fresh packets a turn out of the first port, and drops all that comes.
 * export default (context: Context<{ type: number }>): BurstHandler => {
 *   context.onTurn(() => {
 *     for (let i = 0; i < 10; i++) {
 *       const packet = context.alloc(64)
 *       if (packet === null) return // no frame is free this turn
 *       packet.u16(12, context.data.type)
 *       packet.send(0)
 *     }
 *   })
 *   return (burst) => burst.setAll(DROP)
 * }
 * ```
 */
export interface Context<Data = unknown> {
  /** Every port of the data plane; a verdict names one by its index here. */
  readonly ports: readonly PortDescription[]
  /** The queues that this worker owns. */
  readonly queues: readonly QueueDescription[]
  /** The option `data` of this worker, cloned. */
  readonly data: Data
  /** This worker's number, from 0. */
  readonly index: number
  /** Aborted when the data plane stops. */
  readonly signal: AbortSignal
  /** The arena. Offsets of packets are bytes from its start. */
  readonly memory: WasmMemory
  /** The arena by bytes: `u8[burst.offset[i]]` is the first byte of packet `i`. */
  readonly u8: Uint8Array
  /** The arena by words of 16 bits, in the machine's byte order. */
  readonly u16: Uint16Array
  /** The arena by words of 32 bits, in the machine's byte order. */
  readonly u32: Uint32Array
  /**
   * A fresh packet of zero bytes, to fill and send. Null when no frame is free this turn.
   * @param length bytes. Default 60, the shortest Ethernet packet.
   * @throws ERR_OUTSIDE_FRAME when a frame has not that much room
   */
  alloc(length?: number): OwnedPacket | null
  /** Flows: decisions that are made once, by the handler, and executed without it. */
  readonly flows: Flows
  /**
   * A count of the processor's own, such as packets of one kind. It shows up in `stats().counters`, in `--json` and in
   * `rxburst ps`. A name that is asked for again gives the same counter.
   * @param name a letter or '_', then up to 63 letters, digits and '_'
   * @throws ERR_BAD_ARGUMENT, and ERR_LIMIT for more than 64 in one worker
   */
  counter(name: string): Counter
  /**
   * Calls `callback` once per turn, also when no packet came: for generators and for work without packets. Where every
   * packet belonged to a flow, up to eight turns pass without a call.
   */
  onTurn(callback: () => void): void
  /**
   * Ends the data plane as `plane.stop()` does: every worker finishes what had arrived, and `plane.done` resolves.
   * Twice is fine.
   */
  stop(): void
}

/** The default export of a processor module: runs once in each worker and returns the handler. */
export type Processor<Data = unknown> = (context: Context<Data>) => BurstHandler | Promise<BurstHandler>

/**
 * Makes a burst handler of a function that looks at one packet and returns its verdict. It is called once for each
 * packet, however many segments that has. It allocates nothing per packet. If the function returns no verdict, the
 * worker ends with ERR_BAD_VERDICT.
 * @example
 * ```ts
 * import { type BurstHandler, DROP, perPacket, tx } from 'rxburst'
 *
 * // Forwards IPv4 between two ports, and drops everything else.
 * export default (): BurstHandler =>
 *   perPacket((packet) => (packet.u16(12) === 0x0800 ? tx(packet.port ^ 1) : DROP))
 * ```
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

// Where a packet may have several entries: once for the first of them, whose verdict is the packet's. And where at()
// looks after it.
function oneByOne(burst: Burst, handler: (packet: Packet) => Verdict): void {
  const { count } = burst
  for (let i = 0; i < count; i = burst.endOf(i)) burst.setVerdict(i, handler(burst.at(i)))
}
