// The NIC's part in steering: n-tuple rules that feed the queues taken, and an RSS table that keeps everything else
// away.
import { RxburstError } from '../errors.js'
import { type FlowKey, native } from '../native.js'
import type { Journal } from './journal/log.js'
import { warn } from './journal/undo.js'
import type { RuleSpec } from './spec.js'

/** One rule of the NIC; several of ours may be fed by it. */
interface Fed {
  /** Its journal entry. */
  id: number
  queue: number
  text: string
  users: Set<RuleSpec>
}

/** Steers by the NIC; everything it changes is in the interface's journal. */
export class NicSteering {
  readonly #name: string
  readonly #queues: readonly number[]
  readonly #count: number
  readonly #journal: Journal
  /** By the key of its match. */
  readonly #fed = new Map<FlowKey, Fed>()
  #retained: readonly RuleSpec[] = []
  #ready = false

  /**
   * @param queues the queues to feed
   * @param count queues that the NIC has
   */
  constructor(interfaceName: string, queues: readonly number[], count: number, journal: Journal) {
    this.#name = interfaceName
    this.#queues = queues
    this.#count = count
    this.#journal = journal
  }

  admit(rules: readonly RuleSpec[]): void {
    const steered = rules.filter((rule) => rule.action === 'steer')
    const wanted = steered.map((rule) => [rule, this.#matchesOf(rule)] as const)
    if (!this.#ready) this.#prepare()
    try {
      for (const [rule, matches] of wanted) for (const match of matches) this.#feed(rule, match, steered)
      this.#checkFed(steered)
    } catch (error) {
      this.retain(this.#retained)
      throw error
    }
  }

  retain(rules: readonly RuleSpec[]): void {
    this.#retained = rules
    for (const [match, { id, users }] of this.#fed) {
      for (const rule of users) if (!rules.includes(rule)) users.delete(rule)
      if (users.size > 0) continue
      this.#fed.delete(match)
      try {
        this.#journal.undo(id)
      } catch (error) {
        warn((error as Error).message) // what it feeds goes on to the kernel, and closing tries again
      }
    }
  }

  layersOf(rule: RuleSpec): { nic: string[]; why: string } {
    return { nic: this.#of([rule]).map(({ text }) => text), why: '' }
  }

  #of(rules: readonly RuleSpec[]): Fed[] {
    return [...this.#fed.values()].filter(({ users }) => rules.some((rule) => users.has(rule)))
  }

  #matchesOf({ expression, filter, takesFragments }: RuleSpec): FlowKey[] {
    const { matches, why } = native.nic.flowMatches({ filter: filter!, takesFragments })
    if (matches.length === 0)
      throw new RxburstError(
        'ERR_STEER_QUEUES',
        `a NIC rule can't say '${expression}': ${why}. ${this.#otherWays()}`,
      )
    return matches
  }

  #otherWays(): string {
    return `Take queues: 'all', where XDP picks the packets, or say steering: 'external' (--steering external) when something else directs the flow to ${this.#name}'s queue ${this.#queues.join(', ')}.`
  }

  // Everything that no rule directs is hashed to the other queues from here on.
  #prepare(): void {
    try {
      native.nic.flows(this.#name)
      const now = native.nic.rss(this.#name)
      const others = Array.from({ length: this.#count }, (_, queue) => queue).filter(
        (queue) => !this.#queues.includes(queue),
      )
      let next = 0
      const wrote = now.map((queue) =>
        this.#queues.includes(queue) ? others[next++ % others.length] : queue,
      )
      const isDefault = now.every((queue, i) => queue === i % this.#count)
      if (!native.nic.offloads(this.#name).ntuple)
        this.#journal.record({ kind: 'offload', name: 'ntuple', before: false, wrote: true }, () => {
          native.nic.setOffload({ interface: this.#name, offload: 'ntuple', on: true })
          return undefined
        })
      this.#journal.record({ kind: 'rss', before: isDefault ? null : now, wrote }, () => {
        native.nic.setRss({ interface: this.#name, table: wrote })
        return undefined
      })
      this.#ready = true
    } catch (error) {
      throw this.#refused(error as Error)
    }
  }

  #feed(rule: RuleSpec, match: FlowKey, steered: readonly RuleSpec[]): void {
    const there = this.#fed.get(match)
    if (there) {
      there.users.add(rule)
      return
    }
    const queue = this.#hungriest(steered)
    const { key, text } = native.nic.flowRule({ match, queue })
    try {
      const flow = { interface: this.#name, key }
      const others = native.nic.flowPlaces(flow)
      const id = this.#journal.record(
        { kind: 'rule', rule: key, queue, location: null as number | null, others },
        () => ({ location: native.nic.addFlow(flow) }),
      )
      this.#fed.set(match, { id, queue, text, users: new Set([rule]) })
    } catch (error) {
      throw this.#refused(error as Error)
    }
  }

  /** The queue that the fewest NIC rules of these rules feed. */
  #hungriest(rules: readonly RuleSpec[]): number {
    const fed = this.#of(rules)
    const count = (queue: number) => fed.filter((each) => each.queue === queue).length
    return this.#queues.reduce((least, queue) => (count(queue) < count(least) ? queue : least))
  }

  // Rules are dealt out among the queues; a queue without one would see nothing.
  #checkFed(rules: readonly RuleSpec[]): void {
    const fed = this.#of(rules)
    const hungry = this.#queues.find((queue) => !fed.some((each) => each.queue === queue))
    if (hungry !== undefined)
      throw new RxburstError(
        'ERR_STEER_QUEUES',
        `these filters make ${fed.length} NIC rules, so nothing would feed queue ${hungry}: take fewer queues. ${this.#otherWays()}`,
      )
  }

  #refused(error: Error): RxburstError {
    return new RxburstError(
      'ERR_STEER_QUEUES',
      `${error.message}, so nothing feeds just these queues. ${this.#otherWays()}`,
      { cause: error },
    )
  }
}
