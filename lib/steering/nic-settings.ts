// The settings of an interface that the rules of a port need: tags left in packets, an RSS table, rules of the NIC; all
// in a journal.
import { RxburstError } from '../errors.js'
import { type FlowKey, native } from '../native.js'
import { withCutOff } from './cutoff.js'
import { repair } from './journal/leftovers.js'
import { Journal } from './journal/log.js'
import { warn } from './journal/undo.js'
import { NicSteering } from './nic.js'
import type { FlowRules, RuleCount } from './nic-flows.js'
import type { RuleSpec } from './spec.js'

/**
 * Interfaces that a port of this process steers by rules and the RSS table of the NIC. Two would undo each other's
 * table.
 */
const steeredByNic = new Set<string>()

/** What a port takes of an interface. */
export interface NicUse {
  interface: string
  queues: readonly number[]
  /** Something else directs the flow to these queues. */
  external: boolean
  /** How many receive queues the interface has now. */
  queueCount(): number
}

/** In the place of a queue: the rule drops. */
const DROPS = -1

export class NicSettings implements FlowRules {
  /** n-tuple rules count nothing. */
  readonly counts = false
  readonly #use: NicUse
  #journal: Journal
  #steering: NicSteering | undefined
  /** Why VLAN tags can't be matched; '': they can. */
  #noTags = ''
  #index: number
  /** Journal entries of rules that drop, by the numbers that add() gives. */
  readonly #drops = new Map<number, number>()
  #dropped = 0

  /** Makes them. What earlier processes have left on the interface is put back first. */
  constructor(use: NicUse, specs: readonly RuleSpec[]) {
    this.#use = use
    this.#journal = new Journal(use.interface)
    this.#index = native.nic.info(use.interface).index
    this.#make(specs)
  }

  /** Throws where a rule asks for tags that XDP does not see. */
  check(expression: string): void {
    if (this.#noTags && /\bvlan\b/.test(expression))
      throw new RxburstError(
        'ERR_STEER',
        `the filter '${expression}' asks for VLAN tags, which XDP does not see on ${this.#use.interface}: ${this.#noTags}.`,
      )
  }

  /** Has the NIC feed these rules too, before software takes them; throws and changes nothing when it can't. */
  admit(specs: readonly RuleSpec[]): void {
    this.#steering?.admit(specs)
  }

  /** Has the NIC feed no other rules than these, which were admitted. */
  retain(specs: readonly RuleSpec[]): void {
    this.#steering?.retain(specs)
  }

  /** Has the NIC drop the packets of a flow, by an n-tuple rule. */
  add(match: FlowKey, mark: number): number {
    const nic = this.#use.interface
    if (mark >= 0) throw new RxburstError('ERR_NOT_SUPPORTED', `${nic}: an n-tuple rule can't mark packets`)
    if (!native.nic.offloads(nic).ntuple)
      this.#journal.record({ kind: 'offload', name: 'ntuple', before: false, wrote: true }, () => {
        native.nic.setOffload({ interface: nic, offload: 'ntuple', on: true })
        return undefined
      })
    const { key } = native.nic.dropRule(match)
    const flow = { interface: nic, key }
    const change = { location: null as number | null, others: native.nic.flowPlaces(flow) }
    const id = this.#journal.record({ kind: 'rule', rule: key, queue: DROPS, ...change }, () => ({
      location: native.nic.addFlow(flow),
    }))
    this.#drops.set(++this.#dropped, id)
    return this.#dropped
  }

  count(): RuleCount {
    return { packets: 0, bytes: 0 }
  }

  remove(id: number): RuleCount {
    const entry = this.#drops.get(id)
    this.#drops.delete(id)
    if (entry !== undefined) this.#journal.undo(entry)
    return this.count()
  }

  /** Undefined: the NIC takes no part. */
  layersOf(spec: RuleSpec): { nic: string[]; why: string } | undefined {
    return this.#steering?.layersOf(spec)
  }

  /**
   * Another interface of that name has none of the settings; whatever the journal would put back on it is not as we
   * left it.
   */
  renew(specs: readonly RuleSpec[]): void {
    const { index } = native.nic.info(this.#use.interface)
    if (index === this.#index) return
    this.close()
    this.#journal = new Journal(this.#use.interface)
    this.#make(specs)
    this.#index = index
  }

  /** Puts everything back. Twice is fine. */
  close(): void {
    if (this.#steering) steeredByNic.delete(this.#use.interface)
    this.#steering = undefined
    this.#drops.clear()
    this.#journal.close()
  }

  #make(specs: readonly RuleSpec[]): void {
    const { interface: nic, queues, external, queueCount } = this.#use
    for (const failure of repair(nic).failures) warn(failure)
    const count = queueCount()
    try {
      this.#noTags = specs.length > 0 ? leaveTags(nic, this.#journal) : ''
      for (const { expression } of specs) this.check(expression)
      if (queues.length >= count || external) return
      if (!specs.some(({ action }) => action === 'steer'))
        throw new RxburstError(
          'ERR_STEER_QUEUES',
          `${nic} has ${count} receive queues and ${queues.length} ${queues.length === 1 ? 'is' : 'are'} wanted; no NIC rule feeds just these, so packets would go by unseen. Take queues: 'all', or say steering: 'external' (--steering external) when something else directs the flow.`,
        )
      if (steeredByNic.has(nic))
        throw new RxburstError(
          'ERR_STEER_QUEUES',
          `${nic} has one RSS table, and another port of this process has NIC rules there. Open one port with all of these queues, or say steering: 'external' (--steering external) when something else directs the flow.`,
        )
      const steering = new NicSteering(nic, queues, count, this.#journal)
      steering.admit(specs)
      steering.retain(specs)
      this.#steering = steering
      steeredByNic.add(nic)
    } catch (error) {
      this.#journal.close()
      throw withCutOff(error as RxburstError, nic)
    }
  }
}

/**
 * Has the driver leave VLAN tags in the packets, where rules look for them; returns why it won't.
 * A veth shows a tag beside the packet whenever the sender's end does not write it out, which can't be told from this
 * end.
 */
function leaveTags(nic: string, journal: Journal): string {
  if (native.nic.info(nic).driver === 'veth')
    return 'a veth hands over tags beside the packet. Untagged traffic can be steered on it'
  try {
    if (native.nic.offloads(nic).rxvlan)
      journal.record({ kind: 'offload', name: 'rxvlan', before: true, wrote: false }, () => {
        native.nic.setOffload({ interface: nic, offload: 'rxvlan', on: false })
        return undefined
      })
  } catch (error) {
    return (error as Error).message
  }
  return ''
}
