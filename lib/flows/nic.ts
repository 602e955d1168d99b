// The NIC's layer as a worker sees it: orders to the main thread, which makes the rules, and its answers.
import { native } from '../native.js'

/** A rule that a worker's table wants, or does not want any more. */
export interface NicOrder {
  /** The table's number in native code, and the rule's number there. */
  table: number
  id: number
  /** Index of the port. */
  port: number
  /** Which packets; '': the rule goes. */
  match: string
  /** What the NIC writes beside them; -1: it drops them. */
  mark: number
}

/** `why` '': the rule is there. `gone`: it is no more, and these are its last counts. */
export type NicAnswer =
  | { table: number; id: number; why: string; counts: boolean }
  | { table: number; id: number; counted: { packets: number; bytes: number }; gone: boolean }

const WAIT_MS = 1000
const LOOK_MS = 2
const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** Orders of these tables since the last time. */
export const nicOrders = (tables: readonly number[]): NicOrder[] =>
  tables.flatMap((table) => native.workers.flows.nicOrders(table).map((order) => ({ table, ...order })))

/** A message of the main thread, of which this is a part. */
export interface NicMessage {
  readonly nic?: readonly NicAnswer[] | undefined
}

/** Tells native code what the main thread has answered. */
export function takeNicAnswers(answers: readonly NicAnswer[]): void {
  const { flows } = native.workers
  for (const answer of answers) {
    const { table, id } = answer
    if ('why' in answer) flows.nicPlaced({ table, id, why: answer.why, counts: answer.counts })
    else flows.nicCounted({ table, id, ...answer.counted, gone: answer.gone })
  }
}

/**
 * Waits in this thread, whose event loop runs no more, until the main thread has taken all rules away; `held` says how
 * many flows still wait for that.
 */
export function waitForNic(
  tables: readonly number[],
  next: () => NicMessage | undefined,
  held: () => number,
): void {
  const end = performance.now() + WAIT_MS
  while (held() > 0) {
    const heard = next()
    if (heard?.nic) takeNicAnswers(heard.nic)
    if (heard) continue
    if (performance.now() > end) {
      for (const table of tables) native.workers.flows.nicGiveUp(table)
      return
    }
    Atomics.wait(sleeper, 0, 0, LOOK_MS)
  }
}
