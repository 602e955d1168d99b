// Flows of one worker in the NICs of its ports: the main thread makes the rules that the worker asks for, and tells it
// what they count.
import type { NicAnswer, NicOrder } from '../flows/nic.js'
import type { FlowRules } from '../steering/nic-flows.js'
import type { Port } from './port.js'

interface Made {
  table: number
  id: number
  rules: FlowRules
  /** Its number there. */
  rule: number
  /** A rule that drops counts what nobody else sees. */
  counts: boolean
}

const NOTHING = { packets: 0, bytes: 0 }

/** What the NIC says when it has no place left: our words, and the kernel's and DPDK's. */
const isFull = (error: unknown) => /\bfull\b|No space left/.test((error as Error).message)

/** The rules of one worker. */
export class NicFlows {
  readonly #ports: readonly Port[]
  readonly #made = new Map<string, Made>()

  constructor(ports: readonly Port[]) {
    this.#ports = ports
  }

  /** Makes rules and takes them away; an answer to each order. */
  obey(orders: readonly NicOrder[]): NicAnswer[] {
    return orders.map((order) => (order.match === '' ? this.#remove(order) : this.#add(order)))
  }

  /** What rules have counted since they were made. */
  counts(): NicAnswer[] {
    const counting = [...this.#made.values()].filter(({ counts }) => counts)
    return counting.map(({ table, id, rules, rule }) => ({
      table,
      id,
      counted: attempt(() => rules.count(rule)) ?? NOTHING,
      gone: false,
    }))
  }

  /** The worker has ended: what is left of its rules goes. */
  close(): void {
    for (const { rules, rule } of this.#made.values()) attempt(() => rules.remove(rule))
    this.#made.clear()
  }

  #add({ table, id, port, match, mark }: NicOrder): NicAnswer {
    const refused = (why: string) => ({ table, id, why, counts: false })
    const { steer, closed } = this.#ports[port]
    if (closed) return refused('port')
    // A rule of the NIC comes before those of the port: a packet that is not the port's would be dropped too.
    if (steer.rules.length > 0) return refused('rules')
    const rules = steer.flowRules
    if (!rules) return refused('port')
    try {
      const counts = rules.counts && mark < 0
      this.#made.set(`${table} ${id}`, { table, id, rules, rule: rules.add(match, mark), counts })
      return { table, id, why: '', counts }
    } catch (error) {
      return refused(isFull(error) ? 'full' : 'driver')
    }
  }

  #remove({ table, id }: NicOrder): NicAnswer {
    const made = this.#made.get(`${table} ${id}`)
    this.#made.delete(`${table} ${id}`)
    const counted = made && attempt(() => made.rules.remove(made.rule))
    return { table, id, counted: (made?.counts && counted) || NOTHING, gone: true }
  }
}

/** The port may be closed, or its interface gone, and the rule with it. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
