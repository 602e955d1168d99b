// context.flows of a second factory in a running worker, which takes over the tables that the first one made.
import { RxburstError } from '../errors.js'
import type { TableRequest } from '../native.js'
import type { Action } from './action.js'
import { SHAPES, type Shape } from './key.js'
import { readShapeOptions, type ShapeOptions } from './options.js'
import type { Step } from './steps.js'
import { FlowTable } from './table.js'

const differ = (message: string) => new RxburstError('ERR_FLOW_SHAPE', message)

// Where native code's name is not that of the option.
const OPTIONS: Readonly<Record<string, string>> = {
  refuse: 'onFull',
  watch: 'tcp',
  newPerSecond: 'maxNewPerSecond',
}

const written = (name: string, value: unknown): string => {
  if (name === 'shape') return `'${SHAPES[value as number]}'`
  if (name === 'refuse') return value ? "'refuse'" : "'evict'"
  if (name === 'watch') return value ? "'watch'" : "'blind'"
  return typeof value === 'string' ? `'${value}'` : `${value}`
}

function checkEqual(number: number, before: TableRequest, now: TableRequest): void {
  for (const name of Object.keys(before) as (keyof TableRequest)[])
    if (before[name] !== now[name])
      throw differ(
        `${OPTIONS[name] ?? name} of table ${number} is ${written(name, now[name])}, and was ${written(name, before[name])}: a factory that takes tables of flows over makes the same ones`,
      )
}

/** Of the first factory's flows: actions are the worker's, whichever factory makes them. */
interface Before {
  action(...steps: Step[]): Action
  invalidate(): void
}

/** A `Flows` too. */
export class HandedFlows {
  readonly #before: Before
  readonly #tables: readonly FlowTable[]
  readonly #taken: FlowTable[] = []

  constructor(before: Before, tables: readonly FlowTable[]) {
    this.#before = before
    this.#tables = tables
  }

  /**
   * The next table of those that the first factory made.
   * @throws ERR_FLOW_SHAPE when it has another shape or another option, or when there is none left; ERR_BAD_OPTION
   */
  shape(shape: Shape, options: ShapeOptions = {}): FlowTable {
    const request = readShapeOptions(shape, options)
    const number = this.#taken.length
    const before = this.#tables[number]
    if (!before)
      throw differ(
        `'${shape}' would be table ${number} of flows, and there are ${number}: tables are made before a worker starts`,
      )
    checkEqual(number, before.request, request)
    const table = new FlowTable(number, shape, request, true)
    this.#taken.push(table)
    return table
  }

  /** Equal steps are the first factory's action. */
  action(...steps: Step[]): Action {
    return this.#before.action(...steps)
  }

  invalidate(): void {
    this.#before.invalidate()
  }

  /**
   * All tables.
   * @throws ERR_FLOW_SHAPE when the factory has left some out
   */
  taken(): FlowTable[] {
    if (this.#taken.length < this.#tables.length)
      throw differ(
        `the factory has made ${this.#taken.length} tables of flows, and there are ${this.#tables.length}: a factory that takes tables over makes the same ones`,
      )
    return this.#taken
  }
}
