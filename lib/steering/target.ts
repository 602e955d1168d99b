// Where the rules of a port are put in force: by native code in this process, or by the process that opened the port
// for this one.
import { RxburstError } from '../errors.js'
import type { Grant, PluginSocket } from '../grant/plugin-socket.js'
import { native } from '../native.js'
import { BackendFlowRules, type FlowRules } from './nic-flows.js'
import type { NicSettings } from './nic-settings.js'
import { nativeRules, type RuleCounters, type RuleSet, type RuleSpec } from './spec.js'

/** What a port's rules need of whatever executes them. */
export interface RuleTarget {
  /** The software that decides: 'xdp', 'socket filter', 'libpcap'. */
  readonly software: string
  /** The port's name. */
  readonly port: string
  /** Throws where a filter can't be used here. */
  check(expression: string): void
  /**
   * Makes `next` the rules in place of `before`, in one step; returns those in force. If it fails, nothing has changed.
   */
  set(next: readonly RuleSpec[], before: readonly RuleSpec[]): readonly RuleSpec[]
  count(spec: RuleSpec): RuleCounters
  /** The NIC's rules that preselect the packets of a rule, or why there is none. */
  layersOf(spec: RuleSpec): { nic: string[]; why: string }
  /** Has the NIC execute single flows; undefined where it can't be asked. */
  readonly flowRules: FlowRules | undefined
  /** Another interface of that name is there: makes the settings on it that the rules in force need. */
  renew(specs: readonly RuleSpec[]): void
  /** Undoes the settings. Rules can't be changed or counted any more. */
  close(): void
}

/** What both targets do alike: count, ask native code, be closed. */
abstract class Target implements RuleTarget {
  readonly software: string
  readonly port: string
  readonly #id: number
  #closed = false

  constructor(port: { id: number; name: string; software: string }) {
    this.#id = port.id
    this.port = port.name
    this.software = port.software
  }

  /** The port's number in native code. */
  protected get id(): number {
    if (this.#closed) throw new RxburstError('ERR_CLOSED', `${this.port} is closed`)
    return this.#id
  }

  count({ slot }: RuleSpec): RuleCounters {
    return native.rules.count({ port: this.id, slot })
  }

  layersOf({ slot }: RuleSpec): { nic: string[]; why: string } {
    const lines = this.#closed ? null : native.rules.layerOf({ port: this.#id, slot })
    const [why, ...nic] = (lines ?? 'no NIC rule is needed').split('\n')
    return { nic, why }
  }

  get flowRules(): FlowRules | undefined {
    return undefined
  }

  check(_expression: string): void {}
  renew(_specs: readonly RuleSpec[]): void {}
  close(): void {
    this.#closed = true
  }
  abstract set(next: readonly RuleSpec[], before: readonly RuleSpec[]): readonly RuleSpec[]
}

/** A port of this process. The NIC takes part where its settings are given. */
export class PortTarget extends Target {
  readonly #takesAll: boolean
  readonly #nic: NicSettings | undefined

  constructor(port: { id: number; name: string; software: string }, takesAll: boolean, nic?: NicSettings) {
    super(port)
    this.#takesAll = takesAll
    this.#nic = nic
  }

  override check(expression: string): void {
    this.#nic?.check(expression)
  }

  override set(next: readonly RuleSpec[], before: readonly RuleSpec[]): readonly RuleSpec[] {
    const { id } = this
    this.#nic?.admit(next)
    try {
      native.rules.set({ port: id, rules: nativeRules(next, this.#takesAll, before) })
    } catch (error) {
      this.#nic?.retain(before)
      throw error
    }
    this.#nic?.retain(next)
    return next
  }

  override layersOf(spec: RuleSpec): { nic: string[]; why: string } {
    return this.#nic?.layersOf(spec) ?? super.layersOf(spec)
  }

  override get flowRules(): FlowRules {
    return this.#nic ?? new BackendFlowRules(this.id)
  }

  override renew(specs: readonly RuleSpec[]): void {
    this.#nic?.renew(specs)
  }

  override close(): void {
    super.close()
    this.#nic?.close()
  }
}

/** A port that another process has opened: the broker of a grant, or whoever attached the program of an XSKMAP. */
export class GrantTarget extends Target {
  readonly #granted: { broker: PluginSocket; grant: Grant } | undefined

  /** @param granted absent where only a map was handed over */
  constructor(
    port: { id: number; name: string; software: string },
    granted?: { broker: PluginSocket; grant: Grant },
  ) {
    super(port)
    this.#granted = granted
  }

  override close(): void {
    super.close()
    this.#granted?.broker.close()
  }

  /** The rules that the port begins with; `asked`: this program has rules of its own to ask for. */
  begin({ specs }: RuleSet, asked: boolean): readonly RuleSpec[] {
    if (!this.#granted) return specs.length > 0 ? this.set(specs) : []
    return asked
      ? this.set(specs)
      : this.#granted.grant.rules.map((rule) => ({ ...rule, takesFragments: false }))
  }

  // The other process numbers the slots, and may pass more than was asked for.
  override set(next: readonly RuleSpec[], before: readonly RuleSpec[] = []): readonly RuleSpec[] {
    if (!this.#granted)
      throw new RxburstError(
        'ERR_STEER',
        `${this.port}: the program was attached by another process, and its rules are that one's`,
      )
    void this.id
    const of = (action: RuleSpec['action']) =>
      next.filter((spec) => spec.action === action).map(({ expression }) => expression)
    const { broker, grant } = this.#granted
    return broker.setRules(grant.interface, of('steer'), of('pass')).map((rule) => {
      const stays = ({ expression, action, slot }: RuleSpec) =>
        expression === rule.expression && action === rule.action && slot === rule.slot
      return before.find(stays) ?? { ...rule, takesFragments: false }
    })
  }
}
