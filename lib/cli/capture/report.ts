// How a capture gets on, on stderr: drops as they come, and the closing lines of tcpdump.
import type { Capture } from '../../capture/capture.js'
import type { CaptureCounts } from '../../capture/source.js'

const EVERY_MS = 1000

export interface Report {
  /** No more progress. */
  end(): void
  /** The closing lines, or one of JSON; `lost`: packets that the kernel lost, where that is known. */
  close(counts: CaptureCounts, lost: number | undefined, flags: { json?: boolean; w?: string }): void
}

/** Begins to report. `counts`: a line a second on a terminal; else only when packets were dropped. */
export function report(capture: Capture, counts: boolean): Report {
  let dropped = 0
  const timer = setInterval(() => {
    const now = capture.counts()
    const more = now.dropped > dropped
    if (more || (counts && process.stderr.isTTY))
      process.stderr.write(`captured ${now.captured}, dropped ${now.dropped}\n`)
    dropped = now.dropped
  }, EVERY_MS)
  timer.unref()
  return {
    end: () => clearInterval(timer),
    close: (last, lost, { json, w }) => {
      if (json && w !== undefined) {
        const text = `${JSON.stringify({ ...last, ...(lost === undefined ? {} : { lost }) })}\n`
        if (w === '-') process.stderr.write(text)
        else process.stdout.write(text)
        return
      }
      process.stderr.write(
        `${last.written} packets captured\n${last.accepted} packets received by filter\n${last.dropped} packets dropped by the tap\n` +
          (lost === undefined ? '' : `${lost} packets dropped by kernel\n`),
      )
    },
  }
}
