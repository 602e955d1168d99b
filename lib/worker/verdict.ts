// Verdicts: what is to happen to one packet.
import { layout } from '../layout.gen.js'
import { indexOfPort, refuseVerdict } from './wrong-verdict.js'

declare const brand: unique symbol
/**
 * The decision about a packet: DROP, PASS, KEEP, FLOW or tx(port). It is a number, so that it fits a column, but not
 * every number is one. verdict() makes one of a number that a program has stored.
 */
export type Verdict = number & {
  /** Makes it a type of its own. */
  readonly [brand]: 'Verdict'
}

const { verdicts } = layout

/** Frees the packet. A verdict that is not set means DROP too. */
export const DROP = verdicts.DROP as Verdict
/** Hands the packet to the kernel as if the interface had received it, where the port can (`capabilities.pass`). */
export const PASS = verdicts.PASS as Verdict
/** The program owns the packet from now on and ends that with send() or release(): see `packet.keep()`. */
export const KEEP = verdicts.KEEP as Verdict

/** The action of the flow that `add()` made of this packet in this burst: see `context.flows`. */
export const FLOW = verdicts.FLOW as Verdict

const TX = verdicts.TX
const TX_END = verdicts.TO_WORKER

/**
 * Sends the packet out of a port, through the worker's own queue of it.
 * @param port the port's index in `context.ports`, or the port itself
 * @throws ERR_BAD_VERDICT when it is neither
 */
export const tx = (port: number | { readonly index: number }): Verdict =>
  (TX + (typeof port === 'number' ? port : indexOfPort(port))) as Verdict

/**
 * The verdict with that number: of a table in which a program stores verdicts, of a WebAssembly program.
 * @throws ERR_BAD_VERDICT for a number that is none
 */
export function verdict(number: number): Verdict {
  const known = number >= TX ? number < TX_END : number >= DROP && number <= FLOW
  return known && Number.isInteger(number) ? (number as Verdict) : refuseVerdict(number, `verdict(${number})`)
}
