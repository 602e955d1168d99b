// One row of the report out of a contestant's rounds: medians with their spread, or why there is none.
import { RxburstError } from '../../errors.js'
import { Missing } from '../contestants/contestant.js'
import type { Entry, Run } from './entry.js'
import { median, percentile, round, spread } from './numbers.js'
import type { Latency, Result } from './types.js'

/** A contestant that takes this much of what is offered could have taken more. */
const LIMITED = 0.98

export const mppsOf = (run: Run) => run.packets / run.seconds / 1e6

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
    row.offered = round(median(runs.map((run) => run.offered! / run.seconds)) / 1e6)
    row.generator_limited = row.mpps >= row.offered * LIMITED
    row.mpps_per_cpu_runs = runs.map((run) => round(run.packets / run.cpuSeconds / 1e6))
    row.mpps_per_cpu = round(median(row.mpps_per_cpu_runs))
  }
  const perPacket = (key: 'cycles' | 'instructions') =>
    runs[0][key] === undefined ? undefined : round(median(runs.map((run) => run[key]! / run.packets)))
  const optional = {
    cycles_per_packet: perPacket('cycles'),
    instructions_per_packet: perPacket('instructions'),
    heap_bytes_per_packet:
      runs[0].heapBytes === undefined
        ? undefined
        : Math.round(10 * median(runs.map((run) => run.heapBytes! / run.packets))) / 10,
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
