// A table of flows as a handler uses it: requests are words that native code reads with the verdicts of their burst.
import { RxburstError } from '../errors.js'
import { layout } from '../layout.gen.js'
import { native, type TableRequest } from '../native.js'
import type { Packet } from '../worker/burst.js'
import { FLOW, type Verdict } from '../worker/verdict.js'
import { start, u32 } from '../worker/views.js'
import { Action } from './action.js'
import { EndedFlows } from './ended.js'
import { type FlowKey, readKey, type Shape, writeKey } from './key.js'

const { head, offsets, limits } = layout
const block = start?.blockAt ?? 0
const COUNT = ((block + offsets.head) >>> 2) + head.flowRequests
const REQUESTS = (block + offsets.flowRequest) >>> 2
const MAX = limits.flowRequestsMax
const WORDS = limits.flowRequestWords
const ADD = 0
const REMOVE = 1
const TABLE = 0x100
const SLOT = 0x10000
const WORD = 2 ** 32
const words = u32 // see memory.ts

/** A flow as it was when it was looked for. */
export interface Flow {
  /** By which its packets are known. */
  readonly key: FlowKey
  /** Which layer executes it. */
  readonly layer: 'worker' | 'xdp' | 'nic'
  /**
   * Why it is that layer, in a word. 'asked': its table says so. 'rate': it has so many packets a second, or too few.
   * 'pending': it goes to the driver when the worker yields. 'new': it was shown too seldom. 'action': the driver can't
   * execute its action. 'port': its port has no such layer. 'full': there is no room below. 'target': the driver can't
   * reach the port that it leaves by. 'peer-without-napi': that port is a veth whose peer takes no frames from XDP.
   * 'order': packets of it may wait for the worker, and later ones would overtake them. Of the NIC besides: 'vlan' and
   * 'tcp', which its rules can't tell apart, 'rules': the port has some, 'driver': it refused.
   */
  readonly why: string
  /** Packets, the first one included; null after a NIC that does not count has executed it. */
  readonly packets: number | null
  /** Their bytes, counted as `rx.bytes` is; null as `packets`. */
  readonly bytes: number | null
  /** When it was made, ms since 1970. */
  readonly firstMs: number
  /** When it had its last packet, ms since 1970; about as exact as `idleMs` wants it. */
  readonly lastMs: number
  /** The parameter of its action. */
  readonly param: number
  /** Whether it has a twin for the other direction. */
  readonly twin: boolean
}

/** The state of a table. */
export interface FlowTableStats {
  /** Flows now. */
  readonly entries: number
  /** Packets that left by the action of their flow. */
  readonly hits: number
  /** Packets that had no flow here, and all that came while tables without flows rested. */
  readonly misses: number
  /**
   * Packets that were shown because they lack the shape's fields, are fragments, or have IP options or more VLAN tags.
   */
  readonly unfit: number
  /** Flows that got no entry: the table was full, or they were too many in a second. */
  readonly refused: number
  /** Flows that made room for others. */
  readonly evicted: number
  /** Flows that have ended, the evicted ones included. */
  readonly ended: number
  /** Times that no flow could end because nobody had taken the records of those before. */
  readonly stopped: number
  /** Flows in the driver. */
  readonly xdp: number
  /** Flows in the NIC. */
  readonly nic: number
  /** Bytes of memory that the table takes. */
  readonly memory: number
}

/** Refuses twins where the other direction may come to another worker. */
const spread = () =>
  start !== undefined && (start.workers ?? 1) > 1 && start.directions !== 'meet'
    ? new RxburstError(
        'ERR_FLOW_SPREAD',
        `add() with a reverse action: this data plane has ${start.workers} workers, and the NIC may bring the other direction to another one. Run one worker, or say directions: 'meet' where both directions meet in one queue`,
      )
    : undefined

const wrongAction = (action: unknown) =>
  new RxburstError('ERR_BAD_ARGUMENT', `an action is what flows.action() returned, not ${String(action)}`)

const wrongParam = (action: Action, param: unknown) =>
  new RxburstError(
    'ERR_BAD_ARGUMENT',
    param === undefined
      ? `the action ${action.text} has PARAM, so each of its flows brings one: add(packet, action, endpoint(ip, port))`
      : `a parameter is a whole number from 0 to 2^53 - 1, not ${String(param)}`,
  )

/** Flows of one shape in one worker. flows.shape() makes it. */
export class FlowTable {
  /** Its shape. */
  readonly shape: Shape
  /** @internal Its number in native code. */
  readonly number: number
  /** @internal What native code has made it of. */
  readonly request: TableRequest
  #ended: EndedFlows | undefined
  #callback: ((ended: EndedFlows) => void) | undefined
  #waits: boolean

  /** @internal `waits`: another factory still has this table; see takeOver(). */
  constructor(number: number, shape: Shape, request: TableRequest, waits = false) {
    this.number = number
    this.shape = shape
    this.request = request
    this.#waits = waits
  }

  /**
   * Makes a flow of this packet, or changes the action of the one that it belongs to. It takes part in the burst's
   * verdicts, before the next packets are received. Nothing is allocated.
   * @param packet of the burst in front of the handler, before you change it: the flow is that of the packet as it was
   * received
   * @param action of the packets that follow; with the verdict FLOW of this one too
   * @param param fills PARAM in the action: a whole number below 2^53, such as endpoint() makes. Default 0.
   * @param reverse makes a twin: a flow of the packets that answer, as the action leaves them to be answered. PARAM in
   * it is the address and port that this packet was received with: its source for dnat(PARAM), its destination for
   * snat(PARAM). Twins end together. Default: none.
   * @returns FLOW, a verdict for this packet; another verdict makes the flow all the same
   * @throws ERR_FLOW_SPREAD for `reverse` with several workers; ERR_BAD_ARGUMENT
   */
  add(packet: Packet, action: Action, param?: number, reverse?: Action): Verdict {
    if (!(action instanceof Action)) throw wrongAction(action)
    let other = 0
    if (reverse !== undefined) {
      if (!(reverse instanceof Action)) throw wrongAction(reverse)
      const problem = spread()
      if (problem) throw problem
      other = reverse.number + 1
    }
    if (param === undefined ? action.needsParam : !(Number.isSafeInteger(param) && param >= 0))
      throw wrongParam(action, param)
    const at = this.#next(ADD, packet)
    const filled = param ?? 0
    words[at + 2] = action.number
    words[at + 3] = other
    words[at + 4] = filled
    words[at + 5] = filled / WORD
    return FLOW
  }

  /** Ends the flow to which this packet belongs, with its twin, when the burst's verdicts are carried out. */
  remove(packet: Packet): void {
    this.#next(REMOVE, packet)
  }

  /**
   * Where the words of the next request stand. Without room native code carries out those before, which it may at any
   * time. While the worker has no flow there may seem to be no room: native code then looks at the packets first.
   */
  #next(kind: number, packet: Packet): number {
    let n = words[COUNT]
    if (n >= MAX) {
      native.workers.flows.apply()
      n = 0
    }
    const at = REQUESTS + n * WORDS
    words[at] = kind + this.number * TABLE + packet.slot * SLOT
    words[at + 1] = packet.origin
    words[COUNT] = n + 1
    return at
  }

  /**
   * The flow to which this packet belongs, or null. One native call; what was asked for before is carried out first.
   */
  find(packet: Packet): Flow | null {
    const found = native.workers.flows.find({ table: this.number, slot: packet.slot, place: packet.origin })
    if (found === null) return null
    const { key, family, packets, bytes, firstMs, lastMs, param, twin, layer, why } = found
    return {
      key: readKey(this.shape, family, key),
      layer,
      why,
      packets,
      bytes,
      firstMs,
      lastMs,
      param,
      twin,
    }
  }

  /**
   * Calls back with flows that have ended, up to 256 at a time, when the worker yields. Without a callback no records
   * are made.
   * @throws ERR_NO_MEMORY
   */
  onEnded(callback: (ended: EndedFlows) => void): void {
    this.#callback = callback
    if (this.#ended) return
    this.#ended = new EndedFlows(this.number, this.shape)
    this.#record()
  }

  #recording = false
  #record(): void {
    if (this.#recording || !running || this.#waits) return
    native.workers.flows.record(this.number)
    this.#recording = true
  }

  /** The state of the table. One native call. */
  get stats(): FlowTableStats {
    const { unmirrored: _, ...stats } = native.workers.flows.stats(this.number)
    return stats
  }

  /** @internal Hands out records; whether there were any. */
  deliver(): boolean {
    const ended = this.#ended
    if (!ended) return false
    this.#record()
    let some = false
    while (ended.next()) {
      some = true
      this.#callback?.(ended)
    }
    return some
  }

  /**
   * @internal From now on the flows of `before` are this table's. Records that are there go to the callback that it
   * had. Where this one has no callback, records are taken all the same: flows whose records nobody takes do not end.
   */
  takeOver(before: FlowTable): void {
    before.deliver()
    this.#waits = false
    this.#recording = before.#recording
    this.#ended ??= before.#ended
    if (this.#ended) this.#record()
  }

  /** @internal */
  written(key: FlowKey): { table: number; key: Uint8Array; family: number } {
    return { table: this.number, ...writeKey(this.shape, this.request.anyPort, key) }
  }
}

let running = false
/** From now on tables can be asked: native code runs the worker. */
export function begin(tables: readonly FlowTable[]): void {
  running = true
  for (const table of tables) table.deliver()
}
