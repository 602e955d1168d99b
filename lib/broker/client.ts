// A program that the broker serves: the rules and counters that are its own, and its sockets.
import type { Port } from '../control/port.js'
import { RxburstError } from '../errors.js'
import type { GrantedRule } from '../grant/plugin-socket.js'
import { type NativeFilter, native } from '../native.js'

const EVERYTHING = native.rules.max - 1 // slot of the rule that takes all, which no client sees

/** What is granted on an interface. */
export interface Granted {
  port: Port
  takeAll: boolean
  takesFragments: boolean
}

/** A rule of a client. The broker compiles it, because only text comes through its socket. */
interface ClientRule extends GrantedRule {
  readonly filter: NativeFilter
}

/**
 * The rules of one client on one port. The rules of the grant are their ceiling, and what the grant passes stays with
 * the kernel.
 */
export class ClientRules {
  readonly #client: number
  readonly #granted: Granted
  readonly #passed: readonly string[]
  #rules: readonly ClientRule[]
  #nextSlot: number
  #counters = -1
  /** Where the client has sockets in the XSKMAP. */
  readonly queues = new Set<number>()

  constructor(client: number, granted: Granted) {
    this.#client = client
    this.#granted = granted
    this.#rules = granted.port.steer.specs.map(({ expression, filter, action, slot }) => ({
      expression,
      filter: filter!,
      action,
      slot,
    }))
    this.#passed = this.#rules.filter(({ action }) => action === 'pass').map(({ expression }) => expression)
    this.#nextSlot = this.#rules.length
  }

  /** As the client is told of them. */
  get rules(): readonly GrantedRule[] {
    return this.#rules.map(({ expression, action, slot }) => ({ expression, action, slot }))
  }

  /** The map of its counters; the descriptor stays ours. */
  get counters(): number {
    this.serve()
    return this.#counters
  }

  /** Makes it a client of the port, if it is none yet. */
  serve(): void {
    if (this.#counters < 0) this.apply()
  }

  /** Makes these the rules. Those that were there before go on counting. */
  set(steer: readonly string[], pass: readonly string[]): void {
    if (
      !this.#granted.takeAll &&
      (steer.length === 0 || steer.some((expression) => expression.trim() === ''))
    )
      throw new RxburstError(
        'ERR_TAKE_ALL',
        `${this.#granted.port.info.nic} was granted for some packets only; grant all of them with --take-all`,
      )
    const left = [...this.#rules]
    const next: ClientRule[] = []
    const add = (expression: string, action: GrantedRule['action']) => {
      const at = left.findIndex((rule) => rule.action === action && rule.expression === expression)
      if (at >= 0) return next.push(left.splice(at, 1)[0])
      const filter = native.rules.compile(expression)
      return next.push({ expression, filter, action, slot: this.#slot([...this.#rules, ...next]) })
    }
    for (const expression of new Set([...this.#passed, ...pass])) add(expression, 'pass')
    for (const expression of steer) add(expression, 'steer')
    const before = this.#rules
    this.#rules = next
    try {
      this.apply((rule) => !before.includes(rule))
    } catch (error) {
      this.#rules = before
      throw error
    }
  }

  /** Puts rules and queues in force. */
  apply(fresh: (rule: ClientRule) => boolean = () => false): void {
    const { port, takesFragments } = this.#granted
    const rules = this.#rules.map((rule) => ({
      filter: rule.filter,
      pass: rule.action === 'pass',
      slot: rule.slot,
      fresh: fresh(rule),
      takesFragments,
    }))
    // The ceiling decides; without one this is every packet.
    if (!this.#rules.some(({ action }) => action === 'steer'))
      rules.push({
        filter: native.rules.compile(''),
        pass: false,
        slot: EVERYTHING,
        fresh: false,
        takesFragments: true,
      })
    this.#counters = native.grant.servePort({
      port: port.id,
      client: this.#client,
      queues: [...this.queues],
      rules,
    })
  }

  /** Takes rules and counters away. */
  end(): void {
    if (this.#counters >= 0 && !this.#granted.port.closed)
      native.grant.servePort({ port: this.#granted.port.id, client: this.#client, queues: [], rules: [] })
    this.#counters = -1
  }

  #slot(taken: readonly GrantedRule[]): number {
    const used = new Set(taken.map(({ slot }) => slot))
    for (let tries = 0; tries < EVERYTHING; tries++) {
      const slot = this.#nextSlot++ % EVERYTHING
      if (!used.has(slot)) return slot
    }
    throw new RxburstError('ERR_LIMIT', `a port has at most ${EVERYTHING} rules`)
  }
}
