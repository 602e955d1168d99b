// The NIC's part in steering: n-tuple rules that feed the queues taken, and an RSS table that keeps everything else away.
import { RxburstError } from '../errors.js'
import { native } from '../native.js'
import type { Journal } from './journal/log.js'
import { locationsOf, ruleKey, warn } from './journal/undo.js'
import type { Below, Rule, Steering } from './rules.js'

/** One rule of the NIC; several of ours may be fed by it. */
interface Fed {
  /** Its journal entry. */
  id: number
  queue: number
  text: string
  users: Set<Rule>
}

const FLOWS: Record<number, string> = {
  1: 'tcp4',
  2: 'udp4',
  3: 'sctp4',
  5: 'tcp6',
  6: 'udp6',
  7: 'sctp6',
  13: 'ip4',
  14: 'ip6',
}

/** A rule as `ethtool -N` would be told it, for people to read. */
function describe(rule: Uint8Array, queue: number): string {
  const bytes = Buffer.from(rule)
  const type = bytes.readUInt32LE(0)
  const words = [FLOWS[type] ?? `flow ${type}`]
  const at =
    type === 13 || type < 4 ? { src: 0, dst: 4, size: 4, ports: 8 } : { src: 0, dst: 16, size: 16, ports: 32 }
  const hex = (from: number, size: number) => bytes.subarray(from, from + size)
  const value = (offset: number, size: number) => hex(4 + offset, size)
  const mask = (offset: number, size: number) => hex(76 + offset, size)
  const any = (offset: number, size: number) => mask(offset, size).every((byte) => byte === 0)
  const address = (part: Buffer) =>
    part.length === 4 ? part.join('.') : part.toString('hex').match(/.{4}/g)!.join(':')
  for (const side of ['src', 'dst'] as const)
    if (!any(at[side], at.size))
      words.push(`${side}-ip ${address(value(at[side], at.size))}/${address(mask(at[side], at.size))}`)
  if (type < 13)
    for (const [side, offset] of [
      ['src', at.ports],
      ['dst', at.ports + 2],
    ] as const)
      if (!any(offset, 2)) words.push(`${side}-port ${value(offset, 2).readUInt16BE()}`)
  return `${words.join(' ')} -> queue ${queue}`
}

/** Steers by the NIC; everything it changes is in the interface's journal. */
export class NicSteering implements Below {
  readonly #name: string
  readonly #queues: readonly number[]
  readonly #count: number
  readonly #journal: Journal
  /** By what it matches. */
  readonly #fed = new Map<string, Fed>()
  #retained: readonly Rule[] = []
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

  admit(rules: readonly Rule[]): void {
    const steered = rules.filter((rule) => rule.action === 'steer')
    const wanted = steered.map((rule) => [rule, this.#rulesFor(rule)] as const)
    if (!this.#ready) this.#prepare()
    try {
      for (const [rule, nicRules] of wanted) for (const each of nicRules) this.#feed(rule, each, steered)
      this.#checkFed(steered)
    } catch (error) {
      this.retain(this.#retained)
      throw error
    }
  }

  retain(rules: readonly Rule[]): void {
    this.#retained = rules
    for (const [matches, { id, users }] of this.#fed) {
      for (const rule of users) if (!rules.includes(rule)) users.delete(rule)
      if (users.size > 0) continue
      this.#fed.delete(matches)
      try {
        this.#journal.undo(id)
      } catch (error) {
        warn((error as Error).message) // what it feeds goes on to the kernel, and closing tries again
      }
    }
  }

  layersOf(rule: Rule): { nic: string[]; why: string } {
    return { nic: this.#of([rule]).map(({ text }) => text), why: '' }
  }

  #of(rules: readonly Rule[]): Fed[] {
    return [...this.#fed.values()].filter(({ users }) => rules.some((rule) => users.has(rule)))
  }

  #rulesFor(rule: Rule): Uint8Array[] {
    const { rules, why } = native.nic.rulesFor(rule.expression, rule.takesFragments)
    if (rules.length === 0)
      throw new RxburstError(
        'ERR_STEER_QUEUES',
        `a NIC rule can't say '${rule.expression}': ${why}. ${this.#otherWays()}`,
      )
    return rules
  }

  #otherWays(): string {
    return `Take queues: 'all', where XDP picks the packets, or say steering: 'external' (--steering external) when something else directs the flow to ${this.#name}'s queue ${this.#queues.join(', ')}.`
  }

  // Everything that no rule directs is hashed to the other queues from here on.
  #prepare(): void {
    try {
      native.nic.listRules(this.#name)
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
          native.nic.setOffload(this.#name, 'ntuple', true)
          return undefined
        })
      this.#journal.record({ kind: 'rss', before: isDefault ? null : now, wrote }, () => {
        native.nic.setRss(this.#name, wrote)
        return undefined
      })
      this.#ready = true
    } catch (error) {
      throw this.#refused(error as Error)
    }
  }

  #feed(rule: Rule, nicRule: Uint8Array, steered: readonly Rule[]): void {
    const matches = ruleKey(nicRule, 0)
    const there = this.#fed.get(matches)
    if (there) {
      there.users.add(rule)
      return
    }
    const queue = this.#hungriest(steered)
    const key = ruleKey(nicRule, queue)
    try {
      const others = locationsOf(this.#name, key)
      const id = this.#journal.record(
        { kind: 'rule', rule: key, queue, location: null as number | null, others },
        () => ({ location: native.nic.insertRule(this.#name, nicRule, queue) }),
      )
      this.#fed.set(matches, { id, queue, text: describe(nicRule, queue), users: new Set([rule]) })
    } catch (error) {
      throw this.#refused(error as Error)
    }
  }

  /** The queue that the fewest NIC rules of these rules feed. */
  #hungriest(rules: readonly Rule[]): number {
    const fed = this.#of(rules)
    const count = (queue: number) => fed.filter((each) => each.queue === queue).length
    return this.#queues.reduce((least, queue) => (count(queue) < count(least) ? queue : least))
  }

  // Rules are dealt out among the queues; a queue without one would see nothing.
  #checkFed(rules: readonly Rule[]): void {
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

/**
 * Has the driver leave VLAN tags in the packets, where rules look for them, and refuses rules about tags where it won't.
 * A veth shows a tag beside the packet whenever the sender's end does not write it out, which can't be told from this end.
 */
export function stopTakingTags(nic: string, rules: Steering, journal: Journal): void {
  const { driver } = native.nic.info(nic)
  let why = ''
  if (driver === 'veth') {
    why = `a veth hands over tags beside the packet. Untagged traffic can be steered on it`
  } else {
    try {
      if (native.nic.offloads(nic).rxvlan)
        journal.record({ kind: 'offload', name: 'rxvlan', before: true, wrote: false }, () => {
          native.nic.setOffload(nic, 'rxvlan', false)
          return undefined
        })
    } catch (error) {
      why = (error as Error).message
    }
  }
  rules.check = (expression) => {
    if (why && /\bvlan\b/.test(expression))
      throw new RxburstError(
        'ERR_STEER',
        `the filter '${expression}' asks for VLAN tags, which XDP does not see on ${nic}: ${why}.`,
      )
  }
  for (const { expression } of rules.rules) rules.check(expression)
}
