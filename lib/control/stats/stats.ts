// Statistics: reading them is reading float64 cells that each worker writes.
import { addCounts, type CounterName, type Counts, noCounts, type Reading } from './counters.js'

/** A count since the start, and its rate since the last look. */
export interface Metric {
  /** Packets since the start. */
  readonly packets: number
  /** Packets per second. */
  readonly pps: number
}

/** Packets and their bytes. */
export interface Traffic extends Metric {
  /** Bytes since the start, without preamble, gap and frame check sequence. */
  readonly bytes: number
  /** Bits per second, without preamble and gap. */
  readonly bps: number
}

/** Counts that every place has: one queue, one port, one worker, and all of them together. */
export interface CommonStats {
  /** Received. */
  readonly rx: Traffic
  /** Accepted by a device. */
  readonly tx: Traffic
  /** Dropped by a verdict, or released. Those released count for the first queue of their worker. */
  readonly dropped: Metric
  /** Handed to the kernel. */
  readonly passed: Metric
  /** Refused by a full transmit ring, or too large for the port. They count for the queue that refused them. */
  readonly rejected: Metric
  /** Received packets that the action of a flow decided, without the handler: `rx = hits + shown`. */
  readonly hits: Metric
  /** Received packets that the handler was shown. */
  readonly shown: Metric
  /** Packets in front of a handler now. */
  readonly burst: number
  /** Packets that were copied on the way, since the start. */
  readonly copied: number
  /** Packets lost below the program since the start, by the kernel's or DPDK's names. */
  readonly lost: Readonly<Record<string, number>>
}

/**
 * Statistics of one queue, which has one worker. A packet that goes from port to port is `rx` of one queue and `tx` of
 * another.
 */
export interface PlaceStats extends CommonStats {
  /** The port's name. */
  readonly port: string
  /** The device's number of the queue. */
  readonly queue: number
  /** The worker's index. */
  readonly worker: number
}

/** Statistics of one port: the sum of its queues. */
export interface PortStats extends CommonStats {
  /** The port's name. */
  readonly port: string
}

/** Statistics of one worker: the sum of its queues, and packets that belong to no queue. */
export interface WorkerStats extends CommonStats {
  /** The worker's index. */
  readonly worker: number
  /** Taken from alloc(). */
  readonly fresh: Metric
  /** Packets that the program owns now. */
  readonly kept: number
  /** The processor's own counters in this worker, by name. */
  readonly counters: Readonly<Record<string, number>>
}

/**
 * Statistics of a data plane: `rx + fresh = tx + dropped + passed + rejected + kept + burst`, for each worker and in
 * sum.
 */
export interface Stats extends CommonStats {
  /** Seconds since the data plane began to take packets. */
  readonly seconds: number
  /** Taken from alloc(). */
  readonly fresh: Metric
  /** Packets that the program owns now. */
  readonly kept: number
  /** The processor's own counters, by name: the sum over the workers. */
  readonly counters: Readonly<Record<string, number>>
  /** Each queue of each worker. Their sums equal the totals. */
  readonly places: readonly PlaceStats[]
  /** Each port, in the order in which verdicts name them. */
  readonly ports: readonly PortStats[]
  /** Each worker, in the order of `workers` of run(). */
  readonly workers: readonly WorkerStats[]
}

const pick = (reading: Reading, of: (place: Reading['places'][number]) => boolean): Counts => {
  const sum = noCounts()
  for (const place of reading.places) if (of(place)) addCounts(sum, place.counts)
  return sum
}

/** Sums counters by name. */
function addUp(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const each of all)
    for (const [name, count] of Object.entries(each)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

const nothing = noCounts()

/** Makes statistics of counts, with rates over the `seconds` since `before`. */
class Rates {
  readonly #seconds: number

  constructor(seconds: number) {
    this.#seconds = seconds
  }

  metric(now: Counts, before: Counts, key: CounterName): Metric {
    return { packets: now[key], pps: this.#rate(now[key] - before[key]) }
  }

  traffic(now: Counts, before: Counts, key: 'rx' | 'tx'): Traffic {
    const bytes = `${key}Bytes` as const
    return {
      ...this.metric(now, before, key),
      bytes: now[bytes],
      bps: this.#rate((now[bytes] - before[bytes]) * 8),
    }
  }

  common(now: Counts, before: Counts): CommonStats {
    return {
      rx: this.traffic(now, before, 'rx'),
      tx: this.traffic(now, before, 'tx'),
      dropped: this.metric(now, before, 'dropped'),
      passed: this.metric(now, before, 'passed'),
      rejected: this.metric(now, before, 'rejected'),
      hits: this.metric(now, before, 'hits'),
      shown: this.metric(now, before, 'shown'),
      burst: now.burst,
      copied: now.copied,
      lost: now.lost,
    }
  }

  #rate(change: number): number {
    return this.#seconds > 0 ? change / this.#seconds : 0
  }
}

/**
 * Counters as statistics, with rates over the `sinceSeconds` since `before`.
 * @param ports names, in the order of the data plane's list
 */
export function toStats(
  now: Reading,
  before: Reading | undefined,
  sinceSeconds: number,
  seconds: number,
  ports: readonly string[],
): Stats {
  const rates = new Rates(sinceSeconds)
  const then = before ?? { places: [], own: [] }
  const all = pick(now, () => true)
  const allBefore = pick(then, () => true)
  const places = now.places.map(({ port, queue, worker, counts }, i) => ({
    port: ports[port],
    queue,
    worker,
    ...rates.common(counts, then.places[i]?.counts ?? nothing),
  }))
  const workers = now.own.map((counters, worker) => {
    const is = (place: Reading['places'][number]) => place.worker === worker
    const [counts, old] = [pick(now, is), pick(then, is)]
    const fresh = rates.metric(counts, old, 'fresh')
    return { worker, ...rates.common(counts, old), fresh, kept: counts.kept, counters }
  })
  return {
    seconds,
    ...rates.common(all, allBefore),
    fresh: rates.metric(all, allBefore, 'fresh'),
    kept: all.kept,
    counters: addUp(now.own),
    places,
    ports: ports.map((port, index) => {
      const is = (place: Reading['places'][number]) => place.port === index
      return { port, ...rates.common(pick(now, is), pick(then, is)) }
    }),
    workers,
  }
}
