// Whether a data plane works: every worker polls, every port is up.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Port } from '../port.js'

/** Whether a worker works. */
export interface WorkerHealth {
  /** Its index. */
  worker: number
  /** Whether it has turned in the last second. */
  polls: boolean
}

/** Whether a port works. */
export interface PortHealth {
  /** Its name. */
  port: string
  /** Whether it has its interface, and a link where that is known. */
  up: boolean
}

/** The answer of plane.health(). */
export interface Health {
  /** Whether all of it works. */
  ok: boolean
  /** Each worker, in the order of `workers` of run(). */
  workers: WorkerHealth[]
  /** Each port, in the order in which verdicts name them. */
  ports: PortHealth[]
}

const LOOK_MS = 2
const PATIENCE_MS = 1000 // a worker copies its counters once a millisecond; on a busy machine it may be without a CPU

/** Whether a port is open, has its interface, and has a link where that is known. */
export function isUp(port: Port): boolean {
  try {
    return !port.closed && !port.watch.lost && (port.link()?.up ?? true)
  } catch {
    return false
  }
}

/**
 * Looks until every worker has turned, a second at most.
 * @param turns a number for each worker that changes as it turns
 * @param over whether they have ended
 */
export async function healthOf(
  ports: readonly Port[],
  turns: () => readonly number[],
  over: () => boolean,
): Promise<Health> {
  const before = turns()
  const polls = before.map(() => false)
  const end = performance.now() + PATIENCE_MS
  while (!over() && polls.includes(false)) {
    turns().forEach((count, worker) => {
      polls[worker] ||= count !== before[worker]
    })
    if (performance.now() > end || !polls.includes(false)) break
    await sleep(LOOK_MS)
  }
  const workers = polls.map((yes, worker) => ({ worker, polls: yes && !over() }))
  const all = ports.map((port) => ({ port: port.name, up: isUp(port) }))
  const ok = workers.every(({ polls }) => polls) && all.every(({ up }) => up)
  return { ok, workers, ports: all }
}
