// The metrics of a data plane as Prometheus has them: families of samples with labels, made of its statistics.
import { packageVersion } from '../../package-root.js'
import { BURST_BINS, type Counted, type Measured, TIME_BINS } from '../../worker/measured.js'
import type { CommonStats, Stats, WorkerStats } from '../stats/stats.js'

export type Labels = Readonly<Record<string, string>>

/** A value with its labels; of a histogram the suffix of its name says which part it is. */
export interface Sample {
  readonly suffix?: '_bucket' | '_sum' | '_count'
  readonly labels: Labels
  /** Upper end of a bucket: one label more. */
  readonly le?: string
  readonly value: number
}

/** Samples that share a name. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'untyped'
  readonly samples: readonly Sample[]
}

/** A port as metrics tell of it. */
export interface PortNow {
  readonly name: string
  readonly up: boolean
  readonly rules: readonly { expression: string; action: 'steer' | 'pass'; packets: number }[]
  readonly xstats: Readonly<Record<string, number>>
}

/** What metrics are made of. */
export interface PlaneNow {
  readonly up: boolean
  readonly name: string | undefined
  readonly stats: Stats
  readonly ports: readonly PortNow[]
  /** Worker by worker; empty where nothing is measured. */
  readonly measured: readonly Measured[]
}

/** Labels of each queue, made once: many families have them. */
const labelsOfPlaces = ({ places }: Stats): Labels[] =>
  places.map(({ port, queue, worker }) => ({ port, queue: `${queue}`, worker: `${worker}` }))

const byWorker = (
  stats: Stats,
  family: Pick<Family, 'name' | 'help' | 'type'>,
  of: (worker: WorkerStats) => number,
): Family => ({
  ...family,
  samples: stats.workers.map((each) => ({ labels: { worker: `${each.worker}` }, value: of(each) })),
})

/** What is lost below the program, by the kernel's and DPDK's names. */
const lost = ({ places }: Stats): Family => ({
  name: 'rxburst_lost_packets_total',
  help: "Packets lost below the program, by the kernel's or DPDK's names.",
  type: 'counter',
  samples: places.flatMap(({ port, queue, lost }) =>
    Object.entries(lost).map(([reason, value]) => ({ labels: { port, queue: `${queue}`, reason }, value })),
  ),
})

const own = ({ workers }: Stats): Family => ({
  name: 'rxburst_processor_total',
  help: "Counters of the processor's own, by the names that it gave them.",
  type: 'counter',
  samples: workers.flatMap(({ worker, counters }) =>
    Object.entries(counters).map(([counter, value]) => ({ labels: { counter, worker: `${worker}` }, value })),
  ),
})

/** Equal rules of one port are one sample. */
function rules(ports: readonly PortNow[]): Family {
  const samples = ports.flatMap(({ name: port, rules }) => {
    const sums = new Map<string, Sample>()
    for (const { expression, action, packets } of rules) {
      const key = `${action} ${expression}`
      sums.set(key, {
        labels: { port, action, rule: expression },
        value: packets + (sums.get(key)?.value ?? 0),
      })
    }
    return [...sums.values()]
  })
  const help = 'Packets that a rule of the port took, or left to the kernel.'
  return { name: 'rxburst_rule_packets_total', help, type: 'counter', samples }
}

const ofPorts = (
  ports: readonly PortNow[],
  family: Pick<Family, 'name' | 'help' | 'type'>,
  of: (port: PortNow) => Record<string, number>,
): Family => ({
  ...family,
  samples: ports.flatMap((port) =>
    Object.entries(of(port)).map(([name, value]) => ({
      labels: { port: port.name, ...(name ? { name } : {}) },
      value,
    })),
  ),
})

/** Buckets of one histogram, each with what is below it. */
function histogram(
  labels: Labels,
  { counts, sum }: Counted,
  bins: readonly number[],
  perUnit: number,
): Sample[] {
  let below = 0
  const buckets = counts.map((count, bin): Sample => {
    below += count
    const le = bin < bins.length ? `${bins[bin] / perUnit}` : '+Inf'
    return { suffix: '_bucket', labels, le, value: below }
  })
  return [
    ...buckets,
    { suffix: '_sum', labels, value: sum / perUnit },
    { suffix: '_count', labels, value: below },
  ]
}

const MICROSECONDS = 1e6 // of a second

function measuredFamilies({ measured, stats }: PlaneNow, labels: readonly Labels[]): Family[] {
  const all = stats.places.map(({ worker }, i) => ({ worker, labels: labels[i] }))
  const places = measured.flatMap(({ bursts, latencies }, worker) => {
    const own = all.filter((place) => place.worker === worker)
    return own.map(({ labels }, slot) => ({ labels, burst: bursts[slot], latency: latencies[slot] }))
  })
  return [
    {
      name: 'rxburst_burst_size_packets',
      help: 'Packets in each burst that a handler was shown.',
      type: 'histogram',
      samples: places.flatMap(({ labels, burst }) => histogram(labels, burst, BURST_BINS, 1)),
    },
    {
      name: 'rxburst_turn_seconds',
      help: 'Time of each turn with packets: from the end of the turn before it to the end of its handler.',
      type: 'histogram',
      samples: measured.flatMap(({ turns }, worker) =>
        histogram({ worker: `${worker}` }, turns, TIME_BINS, MICROSECONDS),
      ),
    },
    {
      name: 'rxburst_latency_seconds',
      help: "Time from a packet's timestamp to its handler, where the column timestamp is filled.",
      type: 'histogram',
      samples: places.flatMap(({ labels, latency }) =>
        latency ? histogram(labels, latency, TIME_BINS, MICROSECONDS) : [],
      ),
    },
  ]
}

/** Every family there is, those without a sample too. */
export function familiesOf(now: PlaneNow): Family[] {
  const { stats, ports } = now
  const labels = labelsOfPlaces(stats)
  const rate = (name: string, help: string, of: (place: CommonStats) => number): Family => ({
    name: `rxburst_${name}_total`,
    help,
    type: 'counter',
    samples: stats.places.map((place, i) => ({ labels: labels[i], value: of(place) })),
  })
  return [
    {
      name: 'rxburst_up',
      help: '1 while the data plane runs.',
      type: 'gauge',
      samples: [{ labels: {}, value: now.up ? 1 : 0 }],
    },
    {
      name: 'rxburst_build_info',
      help: 'Version of rxburst, and the name of the data plane.',
      type: 'gauge',
      samples: [{ labels: { version: packageVersion, name: now.name ?? '' }, value: 1 }],
    },
    {
      name: 'rxburst_uptime_seconds',
      help: 'Seconds since the data plane began to take packets.',
      type: 'gauge',
      samples: [{ labels: {}, value: stats.seconds }],
    },
    rate('rx_packets', 'Packets received.', ({ rx }) => rx.packets),
    rate('tx_packets', 'Packets that a device accepted for sending.', ({ tx }) => tx.packets),
    rate('dropped_packets', 'Packets dropped by a verdict, or released.', ({ dropped }) => dropped.packets),
    rate('passed_packets', 'Packets handed to the kernel.', ({ passed }) => passed.packets),
    rate('rejected_packets', 'Packets that a transmit ring refused.', ({ rejected }) => rejected.packets),
    rate('flow_hit_packets', 'Packets decided by the action of a flow.', ({ hits }) => hits.packets),
    rate('shown_packets', 'Packets that the handler was shown.', ({ shown }) => shown.packets),
    rate('copied_packets', 'Packets that were copied on the way.', ({ copied }) => copied),
    rate('rx_bytes', 'Bytes received.', ({ rx }) => rx.bytes),
    rate('tx_bytes', 'Bytes that a device accepted for sending.', ({ tx }) => tx.bytes),
    lost(stats),
    byWorker(
      stats,
      { name: 'rxburst_fresh_packets_total', help: 'Packets taken from alloc().', type: 'counter' },
      ({ fresh }) => fresh.packets,
    ),
    byWorker(
      stats,
      { name: 'rxburst_kept_packets', help: 'Packets that the program owns now.', type: 'gauge' },
      ({ kept }) => kept,
    ),
    own(stats),
    rules(ports),
    ofPorts(
      ports,
      { name: 'rxburst_port_up', help: '1 while the port has its interface, and a link.', type: 'gauge' },
      ({ up }) => ({ '': up ? 1 : 0 }),
    ),
    ofPorts(
      ports,
      {
        name: 'rxburst_xstats',
        help: "Statistics of the port's driver by its own names, since before the port was opened.",
        type: 'untyped',
      },
      ({ xstats }) => xstats as Record<string, number>,
    ),
    ...measuredFamilies(now, labels),
  ]
}
