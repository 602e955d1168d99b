// Rates as a person types them: packets or bits per second.
import { RxburstError } from '../errors.js'

const SCALE: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 }

/**
 * Reads `1M`, `500kpps`, `2.5Gbit/s` into packets per second. Bits are those of the frame as counters and tcpdump see
 * it: no preamble, no frame check sequence.
 * @param size bytes of a frame
 * @throws RxburstError ERR_BAD_OPTION
 */
export function parseRate(text: string, size: number): number {
  const parts = /^(\d+(?:\.\d+)?)\s*([kmg]?)(pps|bits?(?:\/s)?|bps)?$/i.exec(text.trim())
  const value = parts ? Number(parts[1]) * SCALE[parts[2].toLowerCase()] : 0
  if (!parts || value === 0)
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `--rate: a rate is written 500k, 1.5Mpps or 2Gbit/s, not '${text}'`,
    )
  const bits = parts[3] !== undefined && parts[3].toLowerCase() !== 'pps'
  return bits ? value / (size * 8) : value
}
