// context.flows: the tables and actions of one worker.
import { RxburstError } from '../errors.js'
import { layout } from '../layout.gen.js'
import { native } from '../native.js'
import { start } from '../worker/views.js'
import { type Action, Actions } from './action.js'
import { type ActionCode, encodeSteps } from './action-code.js'
import { HandedFlows } from './handed.js'
import type { FlowKey, Shape } from './key.js'
import { LAST, type Piece, type PieceOrder } from './list.js'
import {
  type NicAnswer,
  type NicMessage,
  type NicOrder,
  nicOrders,
  takeNicAnswers,
  waitForNic,
} from './nic.js'
import { noTable, readShapeOptions, type ShapeOptions } from './options.js'
import type { Step } from './steps.js'
import { begin, FlowTable } from './table.js'

const TABLES = layout.limits.flowTablesMax

/** Decisions that are made once and executed without the handler. */
export interface Flows {
  /**
   * A table of flows of that shape. In the factory only, four at the most. A packet is looked up in the order in which
   * they were made; the first flow decides.
   * @throws ERR_BAD_OPTION, ERR_LIMIT, ERR_NO_MEMORY; ERR_NOT_SUPPORTED for a layer that is not there; ERR_BAD_ARGUMENT
   * after the factory
   */
  shape(shape: Shape, options?: ShapeOptions): FlowTable
  /**
   * Makes the treatment of packets of flows: steps, and DROP, PASS, tx(port) or SHOW at the end. Equal steps are one
   * action.
   * @throws ERR_BAD_ACTION
   */
  action(...steps: Step[]): Action
  /**
   * Every flow ends, with reason 'generation': the next packet of each is shown to the handler. One write, however many
   * there are.
   */
  invalidate(): void
}

/** What the main thread asks of a worker's flows. */
export type FlowOrder =
  | { call: 'add'; table: number; key: FlowKey; action: ActionCode; param: number }
  | { call: 'remove'; table: number; key: FlowKey }
  | { call: 'invalidate' }
  | { call: 'tables' }
  | PieceOrder

/** A table of flows as it is now. */
export interface TableNow {
  table: number
  shape: string
  entries: number
  hits: number
  misses: number
  refused: number
  evicted: number
  ended: number
  xdp: number
}

const now = (table: FlowTable): TableNow => {
  const { entries, hits, misses, refused, evicted, ended, xdp } = table.stats
  return { table: table.number, shape: table.shape, entries, hits, misses, refused, evicted, ended, xdp }
}

/** The flows of this worker, and what its loop has to do for them. */
export class WorkerFlows implements Flows {
  #tables: FlowTable[] = []
  readonly #worker: number
  readonly #actions: Actions
  #started = false
  /** Tables whose layer is the NIC. */
  readonly #nic: number[] = []
  readonly #kept = new Map<string, Action>()

  constructor(worker: number) {
    this.#worker = worker
    this.#actions = new Actions(worker)
  }

  shape(shape: Shape, options: ShapeOptions = {}): FlowTable {
    if (this.#started)
      throw new RxburstError(
        'ERR_BAD_ARGUMENT',
        'flows.shape() belongs to the factory: call it before the factory returns its handler',
      )
    if (this.#tables.length === TABLES)
      throw new RxburstError(
        'ERR_LIMIT',
        `a processor has ${TABLES} tables of flows at most: ${this.#tables.map((table) => `'${table.shape}'`).join(', ')} are there`,
      )
    const read = readShapeOptions(shape, options)
    const number = native.workers.flows.shape({ worker: this.#worker, ...read })
    const table = new FlowTable(number, shape, read)
    this.#tables.push(table)
    if (read.layer === 'nic') this.#nic.push(number)
    return table
  }

  action(...steps: Step[]): Action {
    const encoded = encodeSteps(steps)
    const ports = start?.ports ?? []
    const missing = encoded.ports.find((port) => port >= ports.length)
    if (missing !== undefined)
      throw new RxburstError(
        'ERR_BAD_ACTION',
        `an action sends out of port ${missing}; there are ${ports.map((port) => `${port.index} (${port.name})`).join(', ')}`,
      )
    return this.#actions.of(encoded)
  }

  invalidate(): void {
    if (this.#tables.length > 0) native.workers.flows.invalidate()
  }

  /** The worker runs from now on. */
  begin(): void {
    this.#started = true
    begin(this.#tables)
  }

  /**
   * Flows for a second factory, which is to take over the tables of this one: its shapes are equal, in their order.
   * Nothing changes before takeOver().
   */
  handOver(): HandedFlows {
    return new HandedFlows(this, this.#tables)
  }

  /**
   * The tables are the second factory's from now on. Their flows go on with their counts, and name the actions that
   * they had. Records that are there go to the callbacks of the first one.
   * @throws ERR_FLOW_SHAPE when it has not taken every table; then all stays as it was
   */
  takeOver(handed: HandedFlows): void {
    const taken = handed.taken()
    for (const [i, table] of taken.entries()) table.takeOver(this.#tables[i])
    this.#tables = taken
  }

  /** When the worker yields. What the main thread is to do about the NIC goes to `order`. */
  deliver(order: (orders: NicOrder[]) => void): void {
    for (const table of this.#tables) table.deliver()
    if (this.#nic.length > 0) this.#order(order)
  }

  #order(order: (orders: NicOrder[]) => void): void {
    const orders = nicOrders(this.#nic)
    if (orders.length > 0) order(orders)
  }

  /** What the main thread says of rules of the NIC. */
  hear(answers: readonly NicAnswer[]): void {
    takeNicAnswers(answers)
  }

  /** Ends all flows, and hands out their records. `next` takes a message of the main thread, if there is one. */
  end(order: (orders: NicOrder[]) => void, next: () => NicMessage | undefined): void {
    if (this.#tables.length === 0) return
    if (this.#nic.length > 0) {
      native.workers.flows.end()
      this.#order(order)
      waitForNic(this.#nic, next, () => {
        for (const table of this.#tables) table.deliver()
        return native.workers.flows.end()
      })
    }
    for (let left = Number.POSITIVE_INFINITY; left > 0; ) {
      const now = native.workers.flows.end()
      const some = this.#tables.map((table) => table.deliver()).includes(true)
      if (!some && now >= left) return
      left = now
    }
  }

  /** @throws ERR_BAD_ARGUMENT when there is no such table, or the key is not of its shape */
  obey(order: FlowOrder): Piece | TableNow[] | undefined {
    if (order.call === 'list') return this.#list(order)
    if (order.call === 'tables') return this.#tables.map(now)
    if (order.call === 'invalidate') {
      this.invalidate()
      return undefined
    }
    const table = this.#tables[order.table]
    if (!table) throw noTable(order.table, this.#tables.length)
    const key = table.written(order.key)
    if (order.call === 'remove') {
      native.workers.flows.removeKey(key)
      return undefined
    }
    const action = this.#actions.of(order.action)
    this.#kept.set(order.action.key, action) // as long as the worker lives: the main thread holds no handle of it
    native.workers.flows.addKey({ ...key, action: action.number, param: order.param })
    return undefined
  }

  /** One piece of a table; none where there is no such table. */
  #list({ table, from, by, above, into }: PieceOrder): Piece {
    const tables = this.#tables.length
    const shape = this.#tables[table]?.shape
    if (shape === undefined) return { tables, rows: 0, live: 0, next: LAST, textBytes: 0 }
    const piece = native.workers.flows.list({ table, from, byBytes: by === 'bytes', above, into })
    return { ...piece, tables, shape }
  }
}
