// One packet of a capture, as a program reads it.
import { layout } from '../native.js'
import { at, flagsOf, pointOf, type Ring, slotOf } from './memory.js'
import type { CapturePoint } from './options.js'
import type { Place } from './source.js'
import { verdictWords, xdpActionOf } from './verdict.js'

const { tap } = layout

/** A packet that a capture has taken. It is yours to keep. */
export interface TapPacket {
  /** When its burst was looked at, ns since 1970. */
  readonly time: bigint
  /** Where it was captured. */
  readonly point: CapturePoint
  /** Its port's name. */
  readonly port: string
  /** The device's number of its queue. */
  readonly queue: number
  /** The same at entry and at exit, and no other packet's. */
  readonly id: bigint
  /** Bytes that it had. */
  readonly length: number
  /** Those that were captured. */
  readonly bytes: Uint8Array
  /** At exit: 'drop', 'pass', 'keep', 'tx(1)', 'flow: action 7, drop'; at entry ''. */
  readonly verdict: string
  /** At exit: the action of Linux' XDP that comes closest. 1 drop, 2 pass, 3 out of its own port, 4 out of another. */
  readonly xdpAction?: number
  /** The hash by which its queue was chosen, where the data plane has that column. */
  readonly hash?: number
}

/** The packet of the record that peek() has just found. */
export function toPacket(
  { worker, words, bytes, captured }: Ring,
  first: number,
  places: readonly Place[],
): TapPacket {
  const wide = (word: number) => (BigInt(words[first + word + 1]) << 32n) | BigInt(words[first + word])
  const kinds = words[first + at.kinds]
  const slot = slotOf(kinds)
  const place = places.find((each) => each.ring === worker && each.slot === slot)
  const from = (first + at.bytes) * 4
  const xdpAction = xdpActionOf(kinds)
  return {
    time: wide(at.time),
    point: pointOf(kinds) === 0 ? 'entry' : 'exit',
    port: place?.port ?? '',
    queue: place?.queue ?? 0,
    id: wide(at.id),
    length: words[first + at.length],
    bytes: bytes.slice(from, from + captured),
    verdict: verdictWords(kinds, words[first + at.action]),
    ...(xdpAction < 0 ? {} : { xdpAction }),
    ...(flagsOf(kinds) & tap.hasHash ? { hash: words[first + at.hash] } : {}),
  }
}
