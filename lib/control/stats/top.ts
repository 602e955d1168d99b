// The request `top` of a data plane's control socket: what `rxburst top` shows, in one answer.
import { setTimeout as sleep } from 'node:timers/promises'
import type { TableNow } from '../../flows/flows.js'
import type { DataPlane } from '../data-plane.js'
import { rulesOf } from '../metrics/plane-now.js'

const PATIENCE_MS = 300

/** A rule of a port, and the packets that it took or left to the kernel. */
export interface RuleJson {
  port: string
  expression: string
  action: 'steer' | 'pass'
  packets: number
}

/** A table of flows in one worker. */
export interface TableJson extends TableNow {
  worker: number
}

/** What the answer to `top` has beyond that to `status`. */
export interface TopParts {
  rules: RuleJson[]
  flow_tables: TableJson[]
}

const asked = new WeakMap<DataPlane, Promise<TableNow[][]>>()

/** Tables by worker; none while a worker does not answer, because its handler does not return or it has just ended. */
async function tablesOf(plane: DataPlane): Promise<TableNow[][]> {
  const tables =
    asked.get(plane) ??
    plane.flows
      .tables()
      .catch(() => [])
      .finally(() => asked.delete(plane))
  asked.set(plane, tables)
  const patience = new AbortController()
  const none = sleep(PATIENCE_MS, [], { signal: patience.signal, ref: false }).catch(() => [])
  return Promise.race([tables, none]).finally(() => patience.abort())
}

/** Rules and tables of flows. A data plane that starts or ends has none. */
export async function topOf(plane: DataPlane | undefined): Promise<TopParts> {
  if (!plane || plane.stopping) return { rules: [], flow_tables: [] }
  const tables = await tablesOf(plane)
  return {
    rules: plane.ports.flatMap((port) => rulesOf(port).map((rule) => ({ port: port.name, ...rule }))),
    flow_tables: tables.flatMap((all, worker) => all.map((table) => ({ worker, ...table }))),
  }
}
