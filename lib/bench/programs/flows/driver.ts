// Flows that the driver executes: the worker makes all of them and waits until the driver has them. From then on it
// sees no packet of theirs.

import { native } from '../../../native.js'
import { type BurstHandler, type Context, perPacket } from '../../../worker/processor.js'
import { DROP } from '../../../worker/verdict.js'

export interface DriverFlows {
  from: string
  to: string
  /** Source ports 0, 1, …, so many. */
  sources: number
  /** Destination ports `toPort` and on, so many. */
  destinations: number
  toPort: number
}

const UDP = 17
/** In a turn. */
const AT_ONCE = 8192

export default (context: Context<DriverFlows & { ready: Int32Array }>): BurstHandler => {
  const { from, to, sources, destinations, toPort, ready } = context.data
  const flows = sources * destinations
  const table = context.flows.shape('5tuple', { capacity: flows, idleMs: 0, layer: 'xdp', tcp: 'blind' })
  const drop = context.flows.action(DROP)
  let made = 0
  context.onTurn(() => {
    for (const end = Math.min(made + AT_ONCE, flows); made < end; made++) {
      const ports = {
        sourcePort: made % sources,
        destinationPort: toPort + Math.floor(made / sources),
      }
      const key = table.written({ source: from, destination: to, protocol: UDP, port: 0, ...ports })
      native.workers.flows.addKey({ ...key, action: drop.number, param: 0 })
    }
    if (ready[0] === 0 && made === flows && table.stats.xdp === flows) ready[0] = 1
  })
  return perPacket((packet) => table.add(packet, drop))
}
