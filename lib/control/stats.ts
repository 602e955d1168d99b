// Statistics: reading them is reading float64 cells that each worker writes.

import { layout } from '../native.js'
import type { Arena } from './arena.js'

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

/** Statistics of a data plane: `rx + fresh = tx + dropped + passed + rejected + kept + burst`, for each worker and in sum. */
export interface Stats {
  /** Seconds since the data plane began to take packets. */
  readonly seconds: number
  /** Received. */
  readonly rx: Traffic
  /** Taken from alloc(). */
  readonly fresh: Metric
  /** Accepted by a device. */
  readonly tx: Traffic
  /** Dropped by a verdict, or released. */
  readonly dropped: Metric
  /** Handed to the kernel. */
  readonly passed: Metric
  /** Refused by a full transmit ring, or too large for the port. */
  readonly rejected: Metric
  /** Received packets that the action of a flow decided, without the handler: `rx = hits + shown`. */
  readonly hits: Metric
  /** Received packets that the handler was shown. */
  readonly shown: Metric
  /** Packets that the program owns now. */
  readonly kept: number
  /** Packets in front of a handler now. */
  readonly burst: number
  /** Packets that were copied on the way, since the start. */
  readonly copied: number
  /** Packets lost below the program since the start, by the kernel's or DPDK's names. */
  readonly lost: Readonly<Record<string, number>>
}

export type CounterName = keyof typeof layout.counters
export type Counters = Record<CounterName, number> & { lost: Record<string, number> }

/** What one worker's cells are called: its block, and the loss names of each slot. */
export interface CounterSource {
  id: number
  losses: string[][]
}

const names = Object.keys(layout.counters) as CounterName[]

export const noCounters = (): Counters =>
  ({ ...Object.fromEntries(names.map((name) => [name, 0])), lost: {} }) as unknown as Counters

/** A worker copies its counters once a millisecond; to be overtaken that often in one look takes a reader without a CPU. */
const LOOKS_MAX = 100

/**
 * One worker's cells, all of the same moment. It writes its two copies in turn, so the last whole one stays as it is until
 * `flushes` has gone on: then look again. Atomic loads throughout, because plain ones may be put off until after the check.
 */
function cellsOf(arena: Arena, id: number, count: number): Float64Array {
  const { offsets, head } = layout
  const block = arena.blocksAt + id * arena.blockBytes
  const words = new Uint32Array(arena.memory.buffer)
  const flushesAt = ((block + offsets.head) >>> 2) + head.flushes
  const cells = new Float64Array(count)
  const halves = new Uint32Array(cells.buffer)
  for (let look = 0; look < LOOKS_MAX; look++) {
    const flushes = Atomics.load(words, flushesAt)
    const from = (block + offsets.cells + 8 * offsets.cellsPerCopy * (flushes & 1)) >>> 2
    for (let i = 0; i < halves.length; i++) halves[i] = Atomics.load(words, from + i)
    if (Atomics.load(words, flushesAt) === flushes) break
  }
  return cells
}

/** Sums the cells of workers. */
export function readCounters(arena: Arena, sources: readonly CounterSource[]): Counters {
  const sum = noCounters()
  const perSlot = layout.offsets.cellsPerSlot
  for (const { id, losses } of sources) {
    const cells = cellsOf(arena, id, perSlot * losses.length)
    losses.forEach((lossNames, slot) => {
      for (const name of names) sum[name] += cells[slot * perSlot + layout.counters[name]]
      lossNames.forEach((name, i) => {
        sum.lost[name] = (sum.lost[name] ?? 0) + cells[slot * perSlot + names.length + i]
      })
    })
  }
  return sum
}

/** Counters as statistics, with rates over the `seconds` since `before`. */
export function toStats(now: Counters, before: Counters, sinceSeconds: number, seconds: number): Stats {
  const rate = (key: CounterName, factor = 1) =>
    sinceSeconds > 0 ? ((now[key] - before[key]) * factor) / sinceSeconds : 0
  const metric = (key: CounterName): Metric => ({ packets: now[key], pps: rate(key) })
  return {
    seconds,
    rx: { ...metric('rx'), bytes: now.rxBytes, bps: rate('rxBytes', 8) },
    fresh: metric('fresh'),
    tx: { ...metric('tx'), bytes: now.txBytes, bps: rate('txBytes', 8) },
    dropped: metric('dropped'),
    passed: metric('passed'),
    rejected: metric('rejected'),
    hits: metric('hits'),
    shown: metric('shown'),
    kept: now.kept,
    burst: now.burst,
    copied: now.copied,
    lost: now.lost,
  }
}
