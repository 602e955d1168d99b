// Rules as data: read from options and checked before anything is touched, and handed to whatever puts them in force.
import { RxburstError } from '../errors.js'
import { type NativeFilter, type NativeRule, native } from '../native.js'

/** The last slot counts the packets of a port that takes everything. */
const EVERYTHING = native.rules.max - 1

/** One rule. It never changes: another slot is another spec. */
export interface RuleSpec {
  readonly expression: string
  /** The expression, compiled once for all who execute it. Absent where another process has done so. */
  readonly filter?: NativeFilter
  readonly action: 'steer' | 'pass'
  /** Of its counters. */
  readonly slot: number
  /** A rule that reads ports takes fragments too, instead of leaving them to the kernel. */
  readonly takesFragments: boolean
}

/** The rules that a port is opened with. */
export interface RuleSet {
  /** Pass rules are first. */
  readonly specs: readonly RuleSpec[]
  /** No rule steers: the port takes everything but what is passed. */
  readonly takesAll: boolean
  readonly takesFragments: boolean
}

/** The counts of one rule since it was added. */
export interface RuleCounters {
  /** Packets taken; of a pass rule: left to the kernel. */
  packets: number
  /** Bytes of these packets. */
  bytes: number
  /** Packets that matched on a queue that was not taken, and so were left to the kernel. */
  elsewhere: number
}

/** One filter in tcpdump's language, or several. */
export type Rules = string | readonly string[]

/** Throws ERR_STEER for what libpcap would take for every packet, and for what C would cut short. */
export function checkWords(where: string, expression: string): void {
  const wrong = expression.trim() === '' ? 'is blank' : expression.includes('\0') ? 'holds a NUL' : ''
  if (wrong)
    throw new RxburstError(
      'ERR_STEER',
      `${where} wants a filter such as 'udp dst port 4321', and ${JSON.stringify(expression)} ${wrong}. Every packet is takeAll: true (--take-all).`,
    )
}

/** The filters of an option, copied and checked. */
export function listOf(where: string, rules: Rules | undefined): string[] {
  const list = rules === undefined ? [] : typeof rules === 'string' ? [rules] : rules
  if (!Array.isArray(list) || list.some((each) => typeof each !== 'string'))
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `${where} is a filter in tcpdump's language, such as 'udp dst port 4321', or a list of them`,
    )
  for (const each of list) checkWords(where, each)
  return [...list]
}

/** A slot that none of `taken` has, from `first` on; slots that were given up come last. */
export function freeSlot(taken: Iterable<RuleSpec>, first: number): number {
  const used = new Set([...taken].map(({ slot }) => slot))
  for (let tries = 0; tries < EVERYTHING; tries++) {
    const slot = (first + tries) % EVERYTHING
    if (!used.has(slot)) return slot
  }
  throw new RxburstError('ERR_LIMIT', `a port has at most ${EVERYTHING} rules`)
}

/** Checks and compiles the rules of open(). */
export function readRules(
  steer: Rules | undefined,
  pass: Rules | undefined,
  fragments: 'leave' | 'take' | undefined,
): RuleSet {
  if (fragments !== undefined && fragments !== 'leave' && fragments !== 'take')
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `fragments is 'leave' or 'take', not '${String(fragments)}': a rule that reads ports leaves fragments to the kernel or takes all of them`,
    )
  const takesFragments = fragments === 'take'
  const steered = listOf('steer', steer)
  const specs: RuleSpec[] = []
  for (const [action, list] of [
    ['pass', listOf('pass', pass)],
    ['steer', steered],
  ] as const)
    for (const expression of list) {
      const filter = native.rules.compile(expression)
      specs.push({ expression, filter, action, slot: freeSlot(specs, specs.length), takesFragments })
    }
  return { specs, takesAll: steered.length === 0, takesFragments }
}

/** The rules as native code takes them; those in `counting` go on counting. */
export function nativeRules(
  specs: readonly RuleSpec[],
  takesAll: boolean,
  counting: readonly RuleSpec[] = [],
): NativeRule[] {
  const list = specs.map((spec) => ({
    filter: spec.filter!,
    pass: spec.action === 'pass',
    slot: spec.slot,
    fresh: !counting.includes(spec),
    takesFragments: spec.takesFragments,
  }))
  if (takesAll && specs.length > 0)
    list.push({
      filter: native.rules.compile(''),
      pass: false,
      slot: EVERYTHING,
      fresh: false,
      takesFragments: false,
    })
  return list
}
