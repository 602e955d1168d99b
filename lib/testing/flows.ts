// Flows of a processor under test: requests are noted, and the verdict FLOW is what the test sees. No packet is
// executed below.
import { Action } from '../flows/action.js'
import { encodeSteps } from '../flows/action-code.js'
import type { Flows } from '../flows/flows.js'
import type { Shape } from '../flows/key.js'
import { readShapeOptions, type ShapeOptions } from '../flows/options.js'
import type { Step } from '../flows/steps.js'
import { type Flow, FlowTable, type FlowTableStats } from '../flows/table.js'
import type { TableRequest } from '../native.js'
import type { Packet } from '../worker/burst.js'
import { FLOW, type Verdict } from '../worker/verdict.js'

class NotedTable extends FlowTable {
  readonly #noted: Set<number>

  constructor(number: number, shape: Shape, request: TableRequest, noted: Set<number>) {
    super(number, shape, request)
    this.#noted = noted
  }

  override add(packet: Packet): Verdict {
    this.#noted.add(packet.origin)
    return FLOW
  }

  override remove(): void {}

  override find(): Flow | null {
    return null
  }

  override onEnded(): void {}

  override get stats(): FlowTableStats {
    const none = { entries: 0, hits: 0, misses: 0, unfit: 0, refused: 0, evicted: 0 }
    return { ...none, ended: 0, stopped: 0, xdp: 0, nic: 0, memory: 0 }
  }
}

/** `context.flows` of a tester. */
export class NotedFlows implements Flows {
  /** Places of packets in this burst of which flows were made. */
  readonly noted = new Set<number>()
  readonly #actions = new Map<string, Action>()
  #tables = 0

  shape(shape: Shape, options: ShapeOptions = {}): FlowTable {
    return new NotedTable(this.#tables++, shape, readShapeOptions(shape, options), this.noted)
  }

  action(...steps: Step[]): Action {
    const encoded = encodeSteps(steps)
    const known = this.#actions.get(encoded.key)
    if (known) return known
    const action = new Action(this.#actions.size, encoded, () => {})
    this.#actions.set(encoded.key, action)
    return action
  }

  invalidate(): void {}
}
