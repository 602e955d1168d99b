// The request `top` of a data plane's control socket: what `rxburst top` shows, in one answer.
import type { TableNow } from '../../flows/flows.js'
import type { DataPlane } from '../data-plane.js'
import { rulesOf } from '../metrics/plane-now.js'
import type { PlaneStatus } from '../plane-control.js'

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

/** The answer to the request `top`. */
export interface TopAnswer extends PlaneStatus {
  rules: RuleJson[]
  flow_tables: TableJson[]
}

/** Adds rules and tables of flows to a status. A data plane that starts or ends has none. */
export async function topOf(plane: DataPlane | undefined, status: PlaneStatus): Promise<TopAnswer> {
  if (!plane || plane.stopping) return { ...status, rules: [], flow_tables: [] }
  const tables = await plane.flows.tables().catch(() => []) // a worker has just ended
  return {
    ...status,
    rules: plane.ports.flatMap((port) => rulesOf(port).map((rule) => ({ port: port.name, ...rule }))),
    flow_tables: tables.flatMap((all, worker) => all.map((table) => ({ worker, ...table }))),
  }
}
