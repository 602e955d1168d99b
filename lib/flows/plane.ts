// plane.flows: flows that the main thread makes in every worker.
import { checkInteger, checkKeys } from '../errors.js'
import { encodeSteps } from './action-code.js'
import type { FlowOrder } from './flows.js'
import type { FlowKey } from './key.js'
import type { Step } from './steps.js'

/** The options of plane.flows.add() and remove(). */
export interface FlowOptions {
  /** The number of the table, in the order in which the processor made them. Default 0. */
  readonly table?: number | undefined
  /** Fills PARAM in the action, as in FlowTable.add(). Default 0. */
  readonly param?: number | undefined
}

const TABLES_MAX = 3

/** Flows of all workers of a data plane. Each worker obeys when it yields, ten milliseconds later at the most. */
export class PlaneFlows {
  readonly #order: (order: FlowOrder) => Promise<unknown>

  /** @internal */
  constructor(order: (order: FlowOrder) => Promise<unknown>) {
    this.#order = order
  }

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
}
