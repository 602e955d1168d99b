// Steering: what a port takes and what it leaves to the kernel, as rules that can be changed while packets flow.

import { checkKeys, RxburstError } from '../errors.js'
import type { GrantedRule } from '../grant/plugin-socket.js'
import { type NativeRule, native } from '../native.js'

const RULES_MAX = native.rules.max

/** The counts of one rule since it was added. */
export interface RuleCounters {
  /** Packets taken; of a pass rule: left to the kernel. */
  packets: number
  /** Bytes of these packets. */
  bytes: number
  /** Packets that matched on a queue that was not taken, and so were left to the kernel. */
  elsewhere: number
}

/** One rule of a port. `port.steer` makes it. */
export class Rule {
  /** @internal */
  constructor(
    private readonly steering: Steering,
    /** Its filter, in tcpdump's language. */
    readonly expression: string,
    /** 'steer': the port takes such packets. 'pass': they stay with the kernel, whatever other rules say. */
    readonly action: 'steer' | 'pass',
    /** @internal of its counters */
    public slot: number,
    /** @internal A rule that reads ports takes fragments too, instead of leaving them to the kernel. */
    readonly takesFragments = false,
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

/** One filter in tcpdump's language, or several. */
export type Rules = string | readonly string[]

const listOf = (where: string, rules: Rules | undefined): string[] => {
  const list = rules === undefined ? [] : typeof rules === 'string' ? [rules] : rules
  if (!Array.isArray(list) || list.some((each) => typeof each !== 'string'))
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `${where} is a filter in tcpdump's language, such as 'udp dst port 4321', or a list of them`,
    )
  for (const each of list) checkWords(where, each)
  return [...list]
}

/** Throws ERR_STEER for what libpcap would take for every packet, and for what C would cut short. */
function checkWords(where: string, expression: string): void {
  const wrong = expression.trim() === '' ? 'is blank' : expression.includes('\0') ? 'holds a NUL' : ''
  if (wrong)
    throw new RxburstError(
      'ERR_STEER',
      `${where} wants a filter such as 'udp dst port 4321', and ${JSON.stringify(expression)} ${wrong}. Every packet is takeAll: true (--take-all).`,
    )
}

/** @internal What stands below the rules: the NIC, where it takes part. */
export interface Below {
  /** Has the NIC feed these rules too, before software takes them; throws and changes nothing when it can't. */
  admit(rules: readonly Rule[]): void
  /** Has the NIC feed no other rules than these, which were admitted. */
  retain(rules: readonly Rule[]): void
  layersOf(rule: Rule): { nic: string[]; why: string }
}

/** @internal Puts rules in force in a process with privilege; says which there are then, with their slots. */
export type Elsewhere = (steer: string[], pass: string[]) => GrantedRule[]

/**
 * The rules of a port, as `port.steer`. A change happens in one step while packets flow. If it fails, nothing has changed.
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
  #rules: Rule[] = []
  #id: () => number = () => 0
  #software = ''
  #told: (slot: number) => string | null = () => null
  #below: Below | undefined
  #elsewhere: Elsewhere | undefined
  /** Opened without a rule that steers: takes everything but what is passed. */
  readonly #all: boolean

  readonly #takesFragments: boolean

  /** @internal use port.steer */
  constructor(steer: Rules | undefined, pass: Rules | undefined, fragments?: 'leave' | 'take') {
    if (fragments !== undefined && fragments !== 'leave' && fragments !== 'take')
      throw new RxburstError(
        'ERR_BAD_OPTION',
        `fragments is 'leave' or 'take', not '${String(fragments)}': a rule that reads ports leaves fragments to the kernel or takes all of them`,
      )
    this.#takesFragments = fragments === 'take'
    const steered = listOf('steer', steer)
    this.#all = steered.length === 0
    for (const expression of listOf('pass', pass))
      this.#rules.push(this.#make(expression, 'pass', this.#rules))
    for (const expression of steered) this.#rules.push(this.#make(expression, 'steer', this.#rules))
  }

  /**
   * @internal Ties the rules to an open port; `software` is what executes them there, `told` what native code tells of the rule
   * in that slot, while the port is open.
   */
  bind(id: () => number, software: string, told: (slot: number) => string | null): void {
    this.#id = id
    this.#software = software
    this.#told = told
  }

  /** @internal Another process puts the rules in force. */
  useElsewhere(elsewhere: Elsewhere): void {
    this.#elsewhere = elsewhere
  }

  /** @internal Has it put these in force. */
  setElsewhere(): void {
    this.#changeElsewhere(this.#rules, this.#elsewhere!)
  }

  /** @internal Takes over the rules that another process has put in force. */
  adopt(rules: readonly GrantedRule[]): void {
    this.#rules = rules.map(({ expression, action, slot }) => new Rule(this, expression, action, slot))
  }

  /** @internal Has a NIC feed the rules, now and whenever they change. */
  use(below: Below): void {
    below.admit(this.#rules)
    below.retain(this.#rules)
    this.#below = below
  }

  /** @internal Looked at for each rule that is added later; throws when it can't be used. */
  check: (expression: string) => void = () => {}

  /** @internal The rules as native code takes them. */
  nativeRules(
    fresh: (rule: Rule) => boolean = () => true,
    rules: readonly Rule[] = this.#rules,
  ): NativeRule[] {
    const list = rules.map((rule) => ({
      expression: rule.expression,
      pass: rule.action === 'pass',
      slot: rule.slot,
      fresh: fresh(rule),
      takesFragments: rule.takesFragments,
    }))
    if (this.#all && rules.length > 0)
      list.push({ expression: '', pass: false, slot: RULES_MAX - 1, fresh: false, takesFragments: false })
    return list
  }

  /** The rules now; pass rules are asked first, then the others in order. */
  get rules(): readonly Rule[] {
    return [...this.#rules]
  }

  /** The layers that execute each rule. */
  get layers(): RuleLayers[] {
    return this.#rules.map((rule) => ({
      expression: rule.expression,
      action: rule.action,
      software: this.#software,
      ...(rule.action === 'pass'
        ? { nic: [], why: 'the NIC is only told what to take' }
        : (this.#below?.layersOf(rule) ?? this.#layerOf(rule))),
    }))
  }

  #layerOf(rule: Rule): { nic: string[]; why: string } {
    const [why, ...nic] = (this.#told(rule.slot) ?? 'no NIC rule is needed').split('\n')
    return { nic, why }
  }

  /**
   * Adds a rule behind the others.
   * @param expression in tcpdump's language
   * @param options `pass`: whether such packets stay with the kernel, instead of being taken. Default false.
   * @throws ERR_STEER when the expression can't be used, ERR_LIMIT when the port has 255 rules, ERR_CLOSED
   */
  async add(expression: string, options: { pass?: boolean } = {}): Promise<Rule> {
    checkKeys('steer.add()', options, ['pass'])
    const rule = this.#make(expression, options.pass ? 'pass' : 'steer', this.#rules)
    this.#change([...this.#rules, rule])
    return rule
  }

  /**
   * Takes a rule away. Its packets stay with the kernel from then on.
   * @throws ERR_BAD_ARGUMENT when it is no rule of this port, ERR_STEER when it is the last one that steers
   */
  async remove(rule: Rule): Promise<void> {
    this.#indexOf(rule)
    this.#change(this.#rules.filter((each) => each !== rule))
  }

  /**
   * Puts a new rule in an old one's place, in one step. It begins to count at 0.
   * @throws as add() and remove() do
   */
  async replace(rule: Rule, expression: string): Promise<Rule> {
    const at = this.#indexOf(rule)
    const fresh = this.#make(expression, rule.action, this.#rules)
    this.#change(this.#rules.with(at, fresh))
    return fresh
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
    const left = [...this.#rules]
    const next: Rule[] = []
    for (const [action, list] of [
      ['pass', listOf('pass', rules.pass)],
      ['steer', listOf('steer', rules.steer)],
    ] as const)
      for (const expression of list) {
        const at = left.findIndex((rule) => rule.action === action && rule.expression === expression)
        next.push(at >= 0 ? left.splice(at, 1)[0] : this.#make(expression, action, [...this.#rules, ...next]))
      }
    this.#change(next)
    return this.rules
  }

  /** @internal */
  countersOf(rule: Rule): RuleCounters {
    this.#indexOf(rule)
    return native.rules.count({ port: this.#id(), slot: rule.slot })
  }

  #indexOf(rule: Rule): number {
    const at = this.#rules.indexOf(rule)
    if (at < 0)
      throw new RxburstError(
        'ERR_BAD_ARGUMENT',
        `the rule '${rule?.expression}' is not one of this port, or not any more`,
      )
    return at
  }

  #make(expression: string, action: 'steer' | 'pass', taken: readonly Rule[]): Rule {
    if (typeof expression !== 'string') listOf('a rule', [expression])
    checkWords('a rule', expression)
    native.rules.compile(expression)
    this.check(expression)
    // A slot that has just been given up is used last: programs may still count in it for a moment.
    const used = new Set([...taken, ...this.#rules].map((rule) => rule.slot))
    for (let tries = 0; tries < RULES_MAX - 1; tries++) {
      const slot = this.#next
      this.#next = (this.#next + 1) % (RULES_MAX - 1)
      if (!used.has(slot)) return new Rule(this, expression, action, slot, this.#takesFragments)
    }
    throw new RxburstError('ERR_LIMIT', `a port has at most ${RULES_MAX - 1} rules`)
  }
  #next = 0

  #change(next: Rule[]): void {
    const before = this.#rules
    if (!this.#all && !next.some((rule) => rule.action === 'steer'))
      throw new RxburstError(
        'ERR_STEER',
        'without a rule that steers the port would take nothing; close it, or replace the last rule by another',
      )
    const id = this.#id()
    if (this.#elsewhere) {
      this.#changeElsewhere(next, this.#elsewhere)
      return
    }
    this.#below?.admit(next)
    try {
      native.rules.set({ port: id, rules: this.nativeRules((rule) => !before.includes(rule), next) })
    } catch (error) {
      this.#below?.retain(before)
      throw error
    }
    this.#rules = next
    this.#below?.retain(next)
  }

  // The other process numbers the slots, and may pass more than was asked for.
  #changeElsewhere(next: readonly Rule[], elsewhere: Elsewhere): void {
    const of = (action: Rule['action']) =>
      next.filter((rule) => rule.action === action).map((rule) => rule.expression)
    const left = [...next]
    this.#rules = elsewhere(of('steer'), of('pass')).map(({ expression, action, slot }) => {
      const at = left.findIndex((rule) => rule.action === action && rule.expression === expression)
      const rule = at >= 0 ? left.splice(at, 1)[0] : new Rule(this, expression, action, slot)
      rule.slot = slot
      return rule
    })
  }
}
