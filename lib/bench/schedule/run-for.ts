// One measurement of a contestant that runs: its packets, what it was offered meanwhile, and the CPU time of the whole
// machine.
import { within } from '../children/process.js'
import type { Running, Traffic } from '../contestants/contestant.js'
import { busySeconds } from '../environment/machine.js'
import { checkSample, type Run, STEP_MS } from '../report/entry.js'

export async function runFor(running: Running, ms: number, traffic?: Traffic): Promise<Run> {
  const busy = busySeconds()
  const before = traffic?.offered() ?? 0
  const from = performance.now()
  const sample = checkSample(await within(STEP_MS + ms, 'its measurement', running.measure(ms)))
  // Asking and answering take time besides: what was counted then, counts in proportion.
  const share = sample.seconds / ((performance.now() - from) / 1e3)
  const offered = traffic && (traffic.offered() - before) * share
  return { ...sample, ...(traffic ? { offered } : {}), cpuSeconds: (busySeconds() - busy) * share }
}
