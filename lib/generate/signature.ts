// The signature that --measure puts into the payload of each packet: which run, which packet, and when it was sent.
import { header, u32 } from '../wire/index.js'

export const MAGIC = 0x72786273

/** Behind the header of layer 4. The time is in nanoseconds of the worker's clock, in two halves. */
export const signature = header('signature', {
  magic: u32(0),
  run: u32(4),
  number: u32(8),
  timeHigh: u32(12),
  timeLow: u32(16),
})
