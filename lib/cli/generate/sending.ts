// Parts of `rxburst generate` that flows and packets share: sending for so long, and numbers as people type them.
import { InvalidArgumentError } from 'commander'
import { ENDING, onSignals } from '../../signals.js'

const SLICE_MS = 100 // how late Ctrl-C and the statistics can be

/** Sends until the count, the time or a signal ends it; `what` is said on stderr. */
export async function sendAll(
  generator: { send(packets: number, milliseconds: number): Promise<number> },
  what: string,
  { duration, count }: { duration?: number; count?: number },
) {
  let stopped = false
  const unlisten = onSignals(ENDING, () => {
    stopped = true
  })
  const packets = count ?? Number.POSITIVE_INFINITY
  const from = performance.now()
  const end = from + (duration ?? Number.POSITIVE_INFINITY) * 1e3
  let sent = 0
  let shown = from
  process.stderr.write(`${what}\nready\n`)
  for (let now = from; !stopped && sent < packets && now < end; now = performance.now()) {
    sent += await generator.send(packets - sent, Math.min(SLICE_MS, end - now))
    if (process.stderr.isTTY && performance.now() - shown >= 1e3) {
      shown = performance.now()
      process.stderr.write(
        `${((shown - from) / 1e3).toFixed(0)} s  ${((sent / (shown - from)) * 1e-3).toFixed(3)} Mpps  ${sent} sent\n`,
      )
    }
  }
  unlisten()
  return { seconds: (performance.now() - from) / 1e3, sent }
}

export const round = (value: number) => Math.round(value * 1e4) / 1e4

export function number(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text)
  if (!parts) throw new InvalidArgumentError('a number is written such as 5 or 10M.')
  return Number(parts[1]) * (parts[2] === 'k' ? 1e3 : parts[2] === 'M' ? 1e6 : 1)
}

export function positive(text: string): number {
  const value = number(text)
  if (value === 0) throw new InvalidArgumentError('a number above 0 is wanted.')
  return value
}
