// The request `top` of a data plane's control socket: what `rxburst top` shows, in one answer.
import type { TableNow } from '../../flows/flows.js'
import type { DataPlane } from '../data-plane.js'
import { rulesOf } from '../metrics/plane-now.js'

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

/** Rules and tables of flows. A data plane that starts or ends has none. */
export async function topOf(plane: DataPlane | undefined): Promise<TopParts> {
  if (!plane || plane.stopping) return { rules: [], flow_tables: [] }
  const tables = await plane.flows.tables().catch(() => []) // a worker has just ended
  return {
    rules: plane.ports.flatMap((port) => rulesOf(port).map((rule) => ({ port: port.name, ...rule }))),
    flow_tables: tables.flatMap((all, worker) => all.map((table) => ({ worker, ...table }))),
  }
}
