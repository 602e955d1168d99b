// When each packet of a replay is due: as the file says, at a rate, or at once.
import { RxburstError } from '../errors.js'
import { parseRate } from '../generate/rate.js'

/** Nanoseconds from the beginning at which a packet of that length and time is due. */
export type Pace = (bytes: number, time: bigint | undefined) => number

const RATE = /^[\d.]+\s*[kmg]?(pps|bits?(?:\/s)?|bps)?$/i

/** As the file says: of several rounds each follows the last one by its last gap. Time never runs backwards. */
function original(): Pace & { again(): void } {
  let first: bigint | undefined
  let begins = 0
  let due = 0
  let gap = 0
  const pace: Pace = (_, time) => {
    if (time === undefined) return due
    first ??= time
    const next = Math.max(due, begins + Number(time - first))
    gap = next - due
    due = next
    return due
  }
  return Object.assign(pace, {
    again() {
      first = undefined
      begins = due + gap
    },
  })
}

/**
 * Reads `original`, `max`, `100k pps` or `2 Gbps`.
 * @throws ERR_BAD_OPTION
 */
export function paceOf(rate: string): Pace & { again(): void } {
  if (rate === 'original') return original()
  const steady = (pace: Pace) => Object.assign(pace, { again() {} })
  if (rate === 'max') return steady(() => 0)
  const parts = RATE.exec(rate.trim())
  if (!parts)
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `--rate is original, max, or a number with its unit, such as '100k pps' or '2 Gbps', not '${rate}'`,
    )
  const inBits = (parts[1] ?? 'pps').toLowerCase() !== 'pps'
  const perSecond = parseRate(rate, 1 / 8) // of a packet of one bit
  let gone = 0
  return steady((bytes) => {
    const due = (gone * 1e9) / perSecond
    gone += inBits ? bytes * 8 : 1
    return due
  })
}
