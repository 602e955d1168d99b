// The method: every contestant in every round, one after the other; warm-up not counted; medians with their spread.
import { setTimeout as sleep } from 'node:timers/promises'
import { RxburstError } from '../errors.js'
import { type Contestant, Missing, type Sample } from './contestant.js'
import { busySeconds } from './machine.js'
import { median, percentile, round } from './numbers.js'
import { within } from './process.js'
import type { Latency, Ratio, Result } from './types.js'

export interface Budget {
  rounds: number
  /** For everyone together, about: windows are never so short that nothing could be measured. */
  seconds: number
  /** Aborting it ends the run before the next contestant. */
  signal?: AbortSignal
}

export interface Timing {
  warmMs: number
  windowMs: number
}

/** What one run of one contestant gave. */
interface Run extends Sample {
  /** Packets a second that the interface was offered; undefined without traffic. */
  offered?: number
  cpuSeconds: number
}

export interface Entry {
  contestant: Contestant
  runs: Run[]
  /** By round; a round that failed has none. */
  byRound: (Run | undefined)[]
  error?: Error
}

export type Progress = (contestant: Contestant, round: number, secondsLeft: number) => void

const STEP_MS = 30_000
const OVERHEAD_MS = 450 // a first guess
const WINDOW_MS = { min: 80, max: 2000 }
const WARM_MS = { min: 120, max: 400 }
/** A contestant that takes this much of what is offered could have taken more. */
const LIMITED = 0.98

/** A run's warm-up and window, when so many runs share so many seconds and each takes so long to start and to end. */
export function timingFor(seconds: number, runs: number, overheadMs: number): Timing {
  const each = (seconds * 1e3) / runs - overheadMs
  const within = ({ min, max }: { min: number; max: number }, value: number) =>
    Math.round(Math.min(max, Math.max(min, value)))
  const warmMs = within(WARM_MS, each / 3)
  return { warmMs, windowMs: within(WINDOW_MS, each - warmMs) }
}

/** Runs every contestant in every round: forwards, then backwards, so that no place in the order is better. */
export async function alternate(
  contestants: readonly Contestant[],
  { rounds, seconds, signal }: Budget,
  progress: Progress,
): Promise<Entry[]> {
  const entries: Entry[] = contestants.map((contestant) => ({ contestant, runs: [], byRound: [] }))
  const end = performance.now() + seconds * 1e3
  let overheadMs = OVERHEAD_MS
  for (let round = 0; round < rounds; round++) {
    const taking = entries.filter((entry) => !entry.error)
    const from = performance.now()
    const timing = timingFor((end - from) / 1e3, taking.length * (rounds - round), overheadMs)
    const runMs = () => timing.warmMs + timing.windowMs + overheadMs
    let done = 0
    for (const entry of round % 2 ? [...taking].reverse() : taking) {
      signal?.throwIfAborted()
      const left = taking.length * (rounds - round) - done++
      progress(entry.contestant, round, (left * runMs()) / 1e3)
      try {
        const run = await withSecondChance(() => runOnce(entry.contestant, timing))
        entry.runs.push(run)
        entry.byRound[round] = run
      } catch (error) {
        entry.error = error as Error
      }
    }
    // What starting and ending really take here decides how long the next windows can be.
    if (done > 0) overheadMs = (performance.now() - from) / done - timing.warmMs - timing.windowMs
  }
  return entries
}

/** A busy machine can starve a contestant for a whole window; one that is absent stays absent. */
async function withSecondChance<T>(once: () => Promise<T>): Promise<T> {
  try {
    return await once()
  } catch (error) {
    if (error instanceof Missing || (error instanceof RxburstError && error.code === 'ERR_NO_BACKEND'))
      throw error
    return once()
  }
}

async function runOnce(contestant: Contestant, timing: Timing): Promise<Run> {
  const { traffic } = contestant
  const running = await within(STEP_MS, 'its start', contestant.start())
  try {
    await traffic?.start()
    await sleep(timing.warmMs)
    const busy = busySeconds()
    const before = traffic?.offered() ?? 0
    const from = performance.now()
    const sample = await within(
      STEP_MS + timing.windowMs,
      'its measurement',
      running.measure(timing.windowMs),
    )
    const seconds = (performance.now() - from) / 1e3
    if (sample.packets === 0) throw new Error('not one packet came through')
    const offered = traffic && (traffic.offered() - before) / seconds
    return { ...sample, offered, cpuSeconds: (busySeconds() - busy) * (sample.seconds / seconds) }
  } finally {
    await traffic?.stop()
    await within(STEP_MS, 'its end', running.stop())
    traffic?.reset()
  }
}

const mppsOf = (run: Sample) => run.packets / run.seconds / 1e6
const spread = (values: number[]) => [median(values), Math.min(...values), Math.max(...values)].map(round)

/** One row of the report. */
export function toResult({ contestant, runs, error }: Entry): Result {
  const { name, kind, runtime, backend, mode, api, burst, does, device, node, size, workers, ports } =
    contestant
  const row: Result = {
    name,
    kind,
    runtime,
    backend,
    mode,
    api,
    burst,
    ...(device === undefined ? {} : { device }),
    ...(node === undefined ? {} : { node }),
    ...(size === undefined ? {} : { size }),
    ...(workers === undefined ? {} : { workers }),
    ...(ports === undefined ? {} : { ports }),
    does,
    status: 'ok',
    mpps: null,
    mpps_min: null,
    mpps_max: null,
    offered: null,
    generator_limited: false,
    ns_per_packet: null,
    runs: [],
  }
  if (error) Object.assign(row, failure(error))
  if (runs.length === 0) return row
  if (runs[0].times) return Object.assign(row, latency(runs))
  const rates = runs.map(mppsOf)
  ;[row.mpps, row.mpps_min, row.mpps_max] = spread(rates)
  row.runs = rates.map(round)
  row.ns_per_packet = row.mpps > 0 ? round(1e3 / row.mpps) : null
  if (runs[0].offered !== undefined) {
    row.offered = round(median(runs.map((run) => run.offered!)) / 1e6)
    row.generator_limited = row.mpps >= row.offered * LIMITED
    row.mpps_per_cpu_runs = runs.map((run) => round(run.packets / run.cpuSeconds / 1e6))
    row.mpps_per_cpu = round(median(row.mpps_per_cpu_runs))
  }
  const perPacket = (key: 'cycles' | 'instructions') =>
    runs[0][key] === undefined ? undefined : round(median(runs.map((run) => run[key]! / run.packets)))
  const optional = {
    cycles_per_packet: perPacket('cycles'),
    instructions_per_packet: perPacket('instructions'),
    first_packet_ms:
      runs[0].firstPacketMs === undefined ? undefined : round(median(runs.map((r) => r.firstPacketMs!))),
    rss_mib: runs[0].rssMib === undefined ? undefined : round(median(runs.map((run) => run.rssMib!))),
  }
  for (const [key, value] of Object.entries(optional))
    if (value !== undefined) Object.assign(row, { [key]: value })
  return row
}

function failure(error: Error): Pick<Result, 'status' | 'why' | 'install'> {
  const why = error.message
  if (error instanceof Missing) return { status: 'missing', why, install: error.install }
  if (error instanceof RxburstError && error.code === 'ERR_NO_BACKEND')
    return { status: 'missing', why, install: 'npx rxburst build-dpdk' }
  return { status: 'failed', why }
}

const us = (ns: number) => round(ns / 1e3)

function latency(runs: readonly Run[]): Latency {
  const sorted = runs.map((run) => Float64Array.from(run.times!).sort())
  const all = Float64Array.from(sorted.flatMap((times) => [...times])).sort()
  const curve: [number, number][] = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 0.9995, 0.9999, 1]
    .filter((p) => p === 1 || all.length * (1 - p) >= 1)
    .map((p) => [p * 100, us(percentile(all, p))])
  return {
    p50_us: us(percentile(all, 0.5)),
    p99_us: us(percentile(all, 0.99)),
    'p99.9_us': us(percentile(all, 0.999)),
    'p99.99_us': us(percentile(all, 0.9999)),
    max_us: us(all[all.length - 1]),
    p50_us_runs: sorted.map((times) => us(percentile(times, 0.5))),
    'p99.99_us_runs': sorted.map((times) => us(percentile(times, 0.9999))),
    requests: all.length,
    lost: runs.reduce((sum, run) => sum + (run.lost ?? 0), 0),
    gcs: runs.reduce((sum, run) => sum + (run.gcs ?? 0), 0),
    cpus_busy: round(median(runs.map((run) => run.cpuSeconds / run.seconds))),
    curve,
  }
}

const METRICS: Record<string, (run: Run) => number> = {
  mpps: mppsOf,
  mpps_per_cpu: (run) => run.packets / run.cpuSeconds / 1e6,
  ns_per_packet: (run) => 1e3 / mppsOf(run),
  p50_us: (run) => percentile(Float64Array.from(run.times!).sort(), 0.5),
  'p99.99_us': (run) => percentile(Float64Array.from(run.times!).sort(), 0.9999),
}

/** One contestant over another, round by round, so that what slows a whole round slows both. Undefined if either failed. */
export function ratioOf(of: Entry, to: Entry, what: string): Ratio | undefined {
  const metric = METRICS[what]
  const values = of.byRound.flatMap((run, at) => {
    const other = to.byRound[at]
    const value = run && other ? metric(run) / metric(other) : Number.NaN
    return Number.isFinite(value) ? [value] : []
  })
  if (values.length === 0) return undefined
  const [middle, min, max] = spread(values)
  return { of: of.contestant.name, to: to.contestant.name, what, median: middle, min, max }
}
