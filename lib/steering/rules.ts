// Steering: what a port takes and what it leaves to the kernel, as rules that can be changed while packets flow.

import { checkKeys, RxburstError } from '../errors.js'
import { publish } from '../events.js'
import { native } from '../native.js'
import type { FlowRules } from './nic-flows.js'
import {
  checkWords,
  freeSlot,
  listOf,
  type RuleCounters,
  type RuleSet,
  type RuleSpec,
  type Rules,
} from './spec.js'
import type { RuleTarget } from './target.js'

/** One rule of a port. `port.steer` makes it. */
export class Rule {
  /** @internal */
  constructor(
    private readonly steering: Steering,
    /** Its filter, in tcpdump's language. */
    readonly expression: string,
    /** 'steer': the port takes such packets. 'pass': they stay with the kernel, whatever other rules say. */
    readonly action: 'steer' | 'pass',
  ) {}

  /**
   * Its counts. A rule that stays goes on counting while others change.
   * @throws ERR_NOT_SUPPORTED where the port's filter doesn't count, ERR_CLOSED
   */
  get counters(): RuleCounters {
    return this.steering.countersOf(this)
  }
}

/** The layers that execute a rule. */
export interface RuleLayers {
  /** The rule's filter, in tcpdump's language. */
  expression: string
  /** The rule's action. */
  action: 'steer' | 'pass'
  /** NIC rules (ethtool n-tuple, rte_flow) that preselect its packets, as text. Software checks them again. */
  nic: string[]
  /** The software that decides: 'xdp', 'socket filter', 'libpcap'. */
  software: string
  /** The reason why there is no NIC rule, if there is none. */
  why: string
}

/**
 * The rules of a port, as `port.steer`. A change happens in one step while packets flow. If it fails, nothing has
 * changed.
 * @example
 * ```ts
 * import { open } from 'rxburst'
 *
 * await using port = await open('afxdp:eth0', { steer: 'udp dst port 4321' })
 * const rule = await port.steer.add('udp dst port 4322')
 * console.log(rule.counters.packets)
 * await port.steer.remove(rule)
 * ```
 */
export class Steering {
  /** In the order in which they are asked. */
  #rules: ReadonlyMap<Rule, RuleSpec>
  readonly #target: RuleTarget
  /** Opened without a rule that steers: takes everything but what is passed. */
  readonly #takesAll: boolean
  readonly #takesFragments: boolean
  #next: number

  /** @internal use port.steer; these rules are in force at the target */
  constructor({ specs, takesAll, takesFragments }: RuleSet, target: RuleTarget) {
    this.#target = target
    this.#takesAll = takesAll
    this.#takesFragments = takesFragments
    this.#next = specs.length
    this.#rules = this.#toRules(specs, new Map())
  }

  /** The rules now; pass rules are asked first, then the others in order. */
  get rules(): readonly Rule[] {
    return [...this.#rules.keys()]
  }

  /** The layers that execute each rule. */
  get layers(): RuleLayers[] {
    return this.specs.map((spec) => ({
      expression: spec.expression,
      action: spec.action,
      software: this.#target.software,
      ...(spec.action === 'pass'
        ? { nic: [], why: 'the NIC is only told what to take' }
        : this.#target.layersOf(spec)),
    }))
  }

  /** @internal The rules as data. */
  get specs(): readonly RuleSpec[] {
    return [...this.#rules.values()]
  }

  /**
   * Adds a rule behind the others.
   * @param expression in tcpdump's language
   * @param options `pass`: whether such packets stay with the kernel, instead of being taken. Default false.
   * @throws ERR_STEER when the expression can't be used, ERR_LIMIT when the port has 255 rules, ERR_CLOSED
   */
  async add(expression: string, options: { pass?: boolean } = {}): Promise<Rule> {
    checkKeys('steer.add()', options, ['pass'])
    const spec = this.#make(expression, options.pass ? 'pass' : 'steer', this.specs)
    this.#change([...this.specs, spec])
    return this.#ruleOf(spec)
  }

  /**
   * Takes a rule away. Its packets stay with the kernel from then on.
   * @throws ERR_BAD_ARGUMENT when it is no rule of this port, ERR_STEER when it is the last one that steers
   */
  async remove(rule: Rule): Promise<void> {
    const spec = this.#specOf(rule)
    this.#change(this.specs.filter((each) => each !== spec))
  }

  /**
   * Puts a new rule in an old one's place, in one step. It begins to count at 0.
   * @throws as add() and remove() do
   */
  async replace(rule: Rule, expression: string): Promise<Rule> {
    const before = this.#specOf(rule)
    const spec = this.#make(expression, rule.action, this.specs)
    this.#change(this.specs.map((each) => (each === before ? spec : each)))
    return this.#ruleOf(spec)
  }

  /**
   * Makes these the rules, in one step. A rule that is the same as before stays, and goes on counting.
   * @param rules `steer`: filters of packets to take. `pass`: filters of packets that stay with the kernel.
   * @throws as add() does
   */
  async set(rules: { steer?: Rules; pass?: Rules }): Promise<readonly Rule[]> {
    return this.setNow(rules)
  }

  /** @internal */
  setNow(rules: { steer?: Rules; pass?: Rules }): readonly Rule[] {
    checkKeys('steer.set()', rules, ['steer', 'pass'])
    const left = [...this.specs]
    const next: RuleSpec[] = []
    for (const [action, list] of [
      ['pass', listOf('pass', rules.pass)],
      ['steer', listOf('steer', rules.steer)],
    ] as const)
      for (const expression of list) {
        const at = left.findIndex((spec) => spec.action === action && spec.expression === expression)
        next.push(at >= 0 ? left.splice(at, 1)[0] : this.#make(expression, action, [...this.specs, ...next]))
      }
    this.#change(next)
    return this.rules
  }

  /** @internal */
  countersOf(rule: Rule): RuleCounters {
    return this.#target.count(this.#specOf(rule))
  }

  /** @internal Has the NIC execute single flows; undefined where it can't be asked. */
  get flowRules(): FlowRules | undefined {
    return this.#target.flowRules
  }

  /** @internal Another interface of that name is there. */
  renew(): void {
    this.#target.renew(this.specs)
  }

  /** @internal The port is closed: nothing can be changed or counted any more. */
  close(): void {
    this.#target.close()
  }

  #specOf(rule: Rule): RuleSpec {
    const spec = this.#rules.get(rule)
    if (!spec)
      throw new RxburstError(
        'ERR_BAD_ARGUMENT',
        `the rule '${rule?.expression}' is not one of this port, or not any more`,
      )
    return spec
  }

  // Another process may have given the rule another slot.
  #ruleOf(spec: RuleSpec): Rule {
    const found = [...this.#rules].reverse()
    const same = found.find(([, each]) => each === spec)
    const { expression, action } = spec
    return (same ?? found.find(([, each]) => each.expression === expression && each.action === action)!)[0]
  }

  #make(expression: string, action: 'steer' | 'pass', taken: readonly RuleSpec[]): RuleSpec {
    if (typeof expression !== 'string') listOf('a rule', [expression])
    checkWords('a rule', expression)
    const filter = native.rules.compile(expression)
    this.#target.check(expression)
    // A slot that has just been given up is used last: programs may still count in it for a moment.
    const slot = freeSlot(taken, this.#next)
    this.#next = slot + 1
    return { expression, filter, action, slot, takesFragments: this.#takesFragments }
  }

  #change(next: readonly RuleSpec[]): void {
    if (!this.#takesAll && !next.some(({ action }) => action === 'steer'))
      throw new RxburstError(
        'ERR_STEER',
        'without a rule that steers the port would take nothing; close it, or replace the last rule by another',
      )
    const before = this.rules
    this.#rules = this.#toRules(this.#target.set(next, this.specs), this.#rules)
    const textOf = ({ expression, action }: Rule) => ({ expression, action })
    publish('rule', {
      event: 'changed',
      port: this.#target.port,
      added: this.rules.filter((rule) => !before.includes(rule)).map(textOf),
      removed: before.filter((rule) => !this.#rules.has(rule)).map(textOf),
    })
  }

  // A rule that stays is the same object.
  #toRules(specs: readonly RuleSpec[], before: ReadonlyMap<Rule, RuleSpec>): ReadonlyMap<Rule, RuleSpec> {
    const ruleOf = new Map([...before].map(([rule, spec]) => [spec, rule]))
    return new Map(
      specs.map((spec) => [ruleOf.get(spec) ?? new Rule(this, spec.expression, spec.action), spec]),
    )
  }
}
