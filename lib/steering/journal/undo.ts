// Puts NIC settings back that are still as we left them.
import { native, type OffloadName } from '../../native.js'

/** One changed setting: what was there, and what we wrote. Only what we wrote is ever put back. */
export type Change =
  /** `before` null: the table was the driver's default. */
  | { kind: 'rss'; before: number[] | null; wrote: number[] }
  /** `rule` is the rule's key, `location` its place, `others` where equal rules were before, which are not ours. */
  | { kind: 'rule'; rule: string; queue: number; location: number | null; others: number[] }
  | { kind: 'offload'; name: OffloadName; before: boolean; wrote: boolean }
  /** An ingress qdisc with rules in it, where there was none. */
  | { kind: 'ingress' }

const equal = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((each, i) => each === b[i])

/** What could not be put back, said where it is heard also at the end of a process. */
export const warn = (what: string): void =>
  process.emitWarning(what, { type: 'RxburstWarning', code: 'RXBURST_LEFTOVER' })

/** Puts one setting back, if it is still as we left it. */
export function undo(name: string, change: Change): void {
  switch (change.kind) {
    case 'rss':
      if (equal(native.nic.rss(name), change.wrote))
        native.nic.setRss({ interface: name, table: change.before ?? [] })
      return
    case 'rule': {
      const { rule: key, location, others } = change
      // Nobody wrote down where it is when the process died in between: then it is the one that was not there before.
      const places = native.nic.flowPlaces({ interface: name, key })
      const place = location ?? places.find((each) => !others.includes(each))
      if (place !== undefined) native.nic.removeFlow({ interface: name, key, place })
      return
    }
    case 'offload':
      if (native.nic.offloads(name)[change.name] === change.wrote)
        native.nic.setOffload({ interface: name, offload: change.name, on: change.before })
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
