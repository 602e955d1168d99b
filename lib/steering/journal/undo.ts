// Puts NIC settings back that are still as we left them.
import { native, type OffloadName } from '../../native.js'

/** One changed setting: what was there, and what we wrote. Only what we wrote is ever put back. */
export type Change =
  /** `before` null: the table was the driver's default. */
  | { kind: 'rss'; before: number[] | null; wrote: number[] }
  /** `others`: where equal rules were before, which are not ours. */
  | { kind: 'rule'; rule: string; queue: number; location: number | null; others: number[] }
  | { kind: 'offload'; name: OffloadName; before: boolean; wrote: boolean }
  /** An ingress qdisc with rules in it, where there was none. */
  | { kind: 'ingress' }

/** The rule's bytes without its location: flow, masks and queue. */
const RULE_BYTES = 160
const sameRule = (a: Uint8Array, hex: string) =>
  Buffer.from(a.subarray(0, RULE_BYTES)).toString('hex') === hex
const locationOf = (rule: Uint8Array) => Buffer.from(rule.buffer, rule.byteOffset).readUInt32LE(RULE_BYTES)
const equal = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((each, i) => each === b[i])

/** The bytes by which a rule is recognised again, for a queue. */
export function ruleKey(rule: Uint8Array, queue: number): string {
  const bytes = Buffer.from(rule.subarray(0, RULE_BYTES))
  bytes.writeBigUInt64LE(BigInt(queue), RULE_BYTES - 8)
  return bytes.toString('hex')
}

/** Where the NIC has rules that are equal to this one. */
export const locationsOf = (interfaceName: string, key: string): number[] =>
  native.nic
    .listRules(interfaceName)
    .filter((each) => sameRule(each, key))
    .map(locationOf)

/** What could not be put back, said where it is heard also at the end of a process. */
export const warn = (what: string): void =>
  process.emitWarning(what, { type: 'RxburstWarning', code: 'RXBURST_LEFTOVER' })

/** Puts one setting back, if it is still as we left it. */
export function undo(name: string, change: Change): void {
  switch (change.kind) {
    case 'rss':
      if (equal(native.nic.rss(name), change.wrote)) native.nic.setRss(name, change.before ?? [])
      return
    case 'rule': {
      const { location, others } = change
      // Nobody wrote down where it is when the process died in between: then it is the one that was not there before.
      const at = locationsOf(name, change.rule).find((each) =>
        location === null ? !others.includes(each) : each === location,
      )
      if (at !== undefined) native.nic.deleteRule(name, at)
      return
    }
    case 'offload':
      if (native.nic.offloads(name)[change.name] === change.wrote)
        native.nic.setOffload(name, change.name, change.before)
      return
    case 'ingress':
      native.nic.deleteIngress(name)
  }
}

/** Puts settings back, the last change first; returns what could not be, as sentences. */
export function undoAll(name: string, changes: readonly Change[]): string[] {
  const failures: string[] = []
  for (const change of [...changes].reverse())
    try {
      undo(name, change)
    } catch (error) {
      failures.push((error as Error).message)
    }
  return failures
}
