// Verdicts: what is to happen to one packet.
import { layout } from '../native.js'
import { indexOfPort } from './wrong-verdict.js'

declare const brand: unique symbol
/** What is to happen to a packet: DROP, PASS, KEEP or tx(port). A number, so that it fits a column. */
export type Verdict = number & { readonly [brand]?: 'Verdict' }

/** Frees the packet. Also what an unset verdict means. */
export const DROP: Verdict = layout.verdicts.DROP
/** Hands the packet to the kernel as if the interface had received it, where the port can (`capabilities.pass`). */
export const PASS: Verdict = layout.verdicts.PASS
/** The program owns the packet from now on and ends that with send() or release(): see `packet.keep()`. */
export const KEEP: Verdict = layout.verdicts.KEEP

const TX = layout.verdicts.TX

/**
 * Sends the packet out of a port, through the worker's own queue of it.
 * @param port the port's index in `context.ports`, or the port itself
 * @throws ERR_BAD_VERDICT when it is neither
 */
export const tx = (port: number | { readonly index: number }): Verdict =>
  TX + (typeof port === 'number' ? port : indexOfPort(port))
