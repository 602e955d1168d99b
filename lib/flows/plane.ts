// plane.flows: flows that the main thread makes in every worker, and those that workers have.
import { checkInteger, checkKeys } from '../errors.js'
import { encodeSteps } from './action-code.js'
import type { FlowOrder, TableNow } from './flows.js'
import type { FlowKey } from './key.js'
import { type Count, LAST, type ListedFlow, type Piece, PieceBuffer, type Place, type Row } from './list.js'
import { noTable } from './options.js'
import type { Step } from './steps.js'

/** The options of plane.flows.add() and remove(). */
export interface FlowOptions {
  /** The number of the table, in the order in which the processor made them. Default 0. */
  readonly table?: number | undefined
  /** Fills PARAM in the action, as in FlowTable.add(). Default 0. */
  readonly param?: number | undefined
}

const TABLES_MAX = 3

/** How a worker is given an order: its answer. */
type Order = (order: FlowOrder) => Promise<unknown>

/** What top() looks for. */
export interface TopOptions {
  by: Count
  /** How many flows at most. */
  count: number
  /** Ends when it has so many, whether others have more or not. */
  rowsMax: number
  /** Where a list before this one has ended. */
  from?: Place | undefined
  /** Milliseconds after which it ends with what it has. */
  withinMs: number
  signal?: AbortSignal
}

/** Flows with the highest counts, of the part of the tables that was looked at. */
export interface Top {
  flows: ListedFlow[]
  /** Flows that were looked at. */
  live: number
  /** Where to go on; null: all were looked at. */
  next: Place | null
  /** Tables that the processor has made. */
  tables: number
}

const FIRST: Place = { worker: 0, table: 0, from: 0 }

/** Flows of all workers of a data plane. Each worker obeys when it yields, ten milliseconds later at the most. */
export class PlaneFlows {
  readonly #workers: readonly Order[]
  // One piece at a time, however many ask: a worker gives 50 µs of each ten milliseconds to all of them together.
  #turn: Promise<unknown> = Promise.resolve()

  /** @internal */
  constructor(workers: readonly Order[]) {
    this.#workers = workers
  }

  readonly #order = (order: FlowOrder) => Promise.all(this.#workers.map((worker) => worker(order)))

  /**
   * Makes a flow in every worker, or changes it.
   * @param key with all fields of the table's shape
   * @param steps as for flows.action()
   * @returns a promise that resolves when every worker has it
   * @throws ERR_BAD_ACTION, ERR_BAD_ARGUMENT, ERR_BAD_ADDRESS, ERR_CLOSED
   */
  async add(key: FlowKey, steps: readonly Step[], options: FlowOptions = {}): Promise<void> {
    checkKeys('plane.flows.add()', options, ['table', 'param'])
    const { table = 0, param = 0 } = options
    checkInteger('table', table, 0, TABLES_MAX)
    checkInteger('param', param, 0, Number.MAX_SAFE_INTEGER)
    await this.#order({ call: 'add', table, key, action: encodeSteps(steps), param })
  }

  /**
   * Ends that flow in every worker that has it.
   * @throws ERR_BAD_ARGUMENT, ERR_BAD_ADDRESS, ERR_CLOSED
   */
  async remove(key: FlowKey, options: Pick<FlowOptions, 'table'> = {}): Promise<void> {
    checkKeys('plane.flows.remove()', options, ['table'])
    await this.#order({
      call: 'remove',
      table: checkInteger('table', options.table ?? 0, 0, TABLES_MAX),
      key,
    })
  }

  /** Ends every flow of every worker: the next packet of each is shown to the handler. Resolves when that is so. */
  async invalidate(): Promise<void> {
    await this.#order({ call: 'invalidate' })
  }

  /**
   * Every flow of every worker, with its counts of all layers. A worker gives 50 µs to it each time that it yields, so
   * 100 000 flows take about a second, and a million about ten. A flow that lives all the while comes once; those that
   * begin or end meanwhile may come or not.
   * @param options `table`: the number of one table. Default: all.
   * @throws ERR_BAD_OPTION, ERR_CLOSED; ERR_BAD_ARGUMENT when there is no such table
   * @example
   * ```ts
   * import type { DataPlane } from 'rxburst'
   *
   * export async function show(plane: DataPlane) {
   *   for await (const { key, packets } of plane.flows.list()) console.log(key.source, packets)
   * }
   * ```
   */
  async *list(options: { table?: number } = {}): AsyncGenerator<ListedFlow, void> {
    checkKeys('plane.flows.list()', options, ['table'])
    const { table } = options
    if (table !== undefined) checkInteger('table', table, 0, TABLES_MAX)
    const place = { ...FIRST, table: table ?? 0 }
    for await (const { rows, piece } of this.#pieces(place, 'packets', () => -1, table)) {
      if (table !== undefined && table >= piece.tables) throw noTable(table, piece.tables)
      for (const row of rows) yield row.read()
    }
  }

  /** @internal The tables of each worker. */
  async tables(): Promise<TableNow[][]> {
    return (await this.#order({ call: 'tables' })) as TableNow[][]
  }

  /** @internal The flows with the highest counts, highest first. */
  async top({ by, count, rowsMax, from = FIRST, withinMs, signal }: TopOptions): Promise<Top> {
    const end = performance.now() + withinMs
    const top: Top = { flows: [], live: 0, next: null, tables: 0 }
    let best: Row[] = []
    let above = -1
    const trim = () => {
      best.sort((a, b) => b[by] - a[by])
      best = best.slice(0, count)
      if (best.length === count) above = best[count - 1][by]
    }
    for await (const { rows, piece, next } of this.#pieces(from, by, () => above)) {
      top.live += piece.live
      top.tables = Math.max(top.tables, piece.tables)
      top.next = next
      for (const row of rows) best.push(row)
      if (best.length > count) trim()
      if (signal?.aborted || best.length >= rowsMax || performance.now() >= end) break
    }
    trim()
    top.flows = best.map((row) => row.read())
    return top
  }

  /** From `place` on, each piece with the place behind it; of one table with `only`. */
  async *#pieces(place: Place, by: Count, above: () => number, only?: number) {
    const buffer = new PieceBuffer()
    for (let at: Place | null = place; at !== null && at.worker < this.#workers.length; ) {
      const here: Place = at
      const piece: Piece = await this.#piece(here, () => buffer.order(here, by, above()))
      at = this.#behind(here, piece, only)
      yield { piece, at: here, next: at, rows: buffer.rows(piece, here) }
    }
  }

  #piece({ worker }: Place, order: () => FlowOrder): Promise<Piece> {
    const piece = this.#turn.then(() => this.#workers[worker](order())) as Promise<Piece>
    this.#turn = piece.catch(() => {})
    return piece
  }

  #behind({ worker, table }: Place, { next, tables }: Piece, only?: number): Place | null {
    if (next !== LAST) return { worker, table, from: next }
    if (only === undefined && table + 1 < tables) return { worker, table: table + 1, from: 0 }
    return worker + 1 < this.#workers.length ? { worker: worker + 1, table: only ?? 0, from: 0 } : null
  }
}
