// Cycles and instructions of one CPU, where the machine lets them be counted (virtual machines often don't).
import { spawnSync } from 'node:child_process'
import { Program } from '../children/process.js'
import type { Contestant } from '../contestants/contestant.js'
import { RECEIVER_CPU } from '../contestants/ours.js'

const EVENTS = ['cycles', 'instructions'] as const

/** What `perf stat -x,` says of these events; undefined for one that isn't counted here. */
export function parsePerf(text: string): Partial<Record<(typeof EVENTS)[number], number>> {
  const counts: Partial<Record<(typeof EVENTS)[number], number>> = {}
  for (const line of text.split('\n')) {
    const [value, , event = ''] = line.split(',')
    const name = EVENTS.find((known) => event.split(':')[0] === known)
    if (name && /^\d+$/.test(value)) counts[name] = Number(value)
  }
  return counts
}

const seconds = (ms: number) => (ms / 1e3).toFixed(3)

export const perfCounts = (): boolean => {
  const { stderr, error } = spawnSync('perf', ['stat', '-x,', '-e', EVENTS.join(','), 'true'], {
    encoding: 'utf8',
  })
  return !error && parsePerf(stderr).cycles !== undefined
}

/** The same contestant with its CPU's cycles and instructions counted while it is measured. */
export function perfed(contestant: Contestant): Contestant {
  return {
    ...contestant,
    async start() {
      const running = await contestant.start()
      return {
        ...running,
        async measure(ms) {
          const perf = new Program([
            ...['perf', 'stat', '-x,', '-C', String(RECEIVER_CPU), '-e', EVENTS.join(',')],
            ...['sleep', seconds(ms)],
          ])
          const [sample] = await Promise.all([running.measure(ms), perf.gone])
          const rate = sample.packets / sample.seconds
          const { cycles, instructions } = parsePerf(perf.output)
          // perf's window is a little off the contestant's: counts are scaled to the packets of the same time.
          const scale = sample.packets / (rate * (ms / 1e3))
          return {
            ...sample,
            ...(cycles === undefined ? {} : { cycles: cycles * scale }),
            ...(instructions === undefined ? {} : { instructions: instructions * scale }),
          }
        },
      }
    },
  }
}
