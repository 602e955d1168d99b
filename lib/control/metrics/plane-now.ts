// Gathers what the metrics of a data plane are made of.
import type { RxburstError } from '../../errors.js'
import { type Measured, readMeasured } from '../../worker/measured.js'
import type { Port } from '../port.js'
import type { Stats } from '../stats/stats.js'
import type { PlaneNow, PortNow } from './families.js'
import { isUp } from './health.js'

/** What a worker writes its histograms to, and which of its queues have timestamps. */
export interface MeasuredBy {
  readonly measured: { buffer: SharedArrayBuffer; timed: readonly boolean[] } | undefined
}

/** Rules of a port and what they count; a filter that does not count has none. */
export function rulesOf(port: Port): PortNow['rules'] {
  return port.steer.rules.flatMap((rule) => {
    try {
      const { expression, action } = rule
      return { expression, action, packets: rule.counters.packets }
    } catch (error) {
      if (['ERR_NOT_SUPPORTED', 'ERR_CLOSED'].includes((error as RxburstError).code)) return []
      throw error
    }
  })
}

const portNow = (port: Port): PortNow => ({
  name: port.name,
  up: isUp(port),
  rules: rulesOf(port),
  xstats: port.closed ? {} : port.xstats(),
})

export function planeNow(
  up: boolean,
  name: string | undefined,
  stats: Stats,
  ports: readonly Port[],
  workers: readonly MeasuredBy[],
): PlaneNow {
  const measured = workers.flatMap(({ measured }): Measured[] =>
    measured ? [readMeasured(measured.buffer, measured.timed)] : [],
  )
  return { up, name, stats, ports: ports.map(portNow), measured }
}
