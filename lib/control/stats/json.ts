// Statistics as other programs read them: one object for JSON, with snake_case keys.
import type { Port } from '../port.js'
import type { CommonStats, Stats } from './stats.js'

/** Counts of one place since the start. */
export interface CountsJson {
  rx: number
  tx: number
  dropped: number
  passed: number
  rejected: number
  /** Decided by the action of a flow. */
  hits: number
  /** Shown to the handler. */
  shown: number
  copied: number
  rx_bytes: number
  tx_bytes: number
  lost: Readonly<Record<string, number>>
}

const countsOf = ({
  rx,
  tx,
  dropped,
  passed,
  rejected,
  hits,
  shown,
  copied,
  lost,
}: CommonStats): CountsJson => ({
  rx: rx.packets,
  tx: tx.packets,
  dropped: dropped.packets,
  passed: passed.packets,
  rejected: rejected.packets,
  hits: hits.packets,
  shown: shown.packets,
  copied,
  rx_bytes: rx.bytes,
  tx_bytes: tx.bytes,
  lost,
})

/** Counts by queue and by worker, and the processor's own. */
export const placesToJson = ({ places, workers, counters }: Stats) => ({
  by_queue: places.map(({ port, queue, worker, ...counts }) => ({
    port,
    queue,
    worker,
    ...countsOf(counts),
  })),
  by_worker: workers.map(({ worker, fresh, kept, counters, ...counts }) => ({
    worker,
    ...countsOf(counts),
    fresh: fresh.packets,
    kept,
    counters,
  })),
  counters,
})

/** The summary as `--json` prints it. */
export function statsToJson(stats: Stats, ports: readonly Port[]): Record<string, unknown> {
  return {
    seconds: Number(stats.seconds.toFixed(6)),
    rx: stats.rx.packets,
    fresh: stats.fresh.packets,
    tx: stats.tx.packets,
    dropped: stats.dropped.packets,
    passed: stats.passed.packets,
    rejected: stats.rejected.packets,
    kept: stats.kept,
    copied: stats.copied,
    rx_bytes: stats.rx.bytes,
    tx_bytes: stats.tx.bytes,
    lost: stats.lost,
    ports: ports.map((port) => {
      const { backend, mode, xdp, pages, driver, version } = port.capabilities
      return {
        name: port.name,
        backend,
        mode,
        ...(xdp === 'none' ? {} : { xdp }),
        pages,
        ...(driver ? { driver } : {}),
        ...(version ? { version } : {}),
        queues: port.queues.map((queue) => queue.index),
      }
    }),
    by_port: stats.ports.map(({ port, ...counts }, index) => ({
      port,
      ...countsOf(counts),
      xstats: ports[index].xstats(),
    })),
    ...placesToJson(stats),
  }
}
