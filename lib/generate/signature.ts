// The signature that --measure puts into the payload of each packet: which run, which worker, which packet, and when it
// was sent.
import { header, u32 } from '../wire/index.js'

export const MAGIC = 0x72786273
/** Bits of `run` that say which worker sent the packet; its number counts that worker's packets. */
export const SENDER_BITS = 4
export const SENDERS_MAX = 2 ** SENDER_BITS

/** Behind the header of layer 4. The time is in nanoseconds since the run began, in two halves. */
export const signature = header('signature', {
  magic: u32(0),
  run: u32(4),
  number: u32(8),
  timeHigh: u32(12),
  timeLow: u32(16),
})
