// Takes over what another process has opened for this one: an XSKMAP, a plugin's map, or the grant of `rxburst grant`.
import { RxburstError } from '../../errors.js'
import { type Grant, PluginSocket } from '../../grant/plugin-socket.js'
import { type Handed, native } from '../../native.js'
import type { Request } from './open-options.js'

export interface FromOutside {
  descriptors: Handed
  /** A connection to the broker for this port alone, and what was granted; absent where only a map was handed over. */
  broker?: PluginSocket
  grant?: Grant
}

const onlyMap = (xskmap: number): Handed => ({ xskmap, counters: -1, broker: -1 })

/** What somebody with privilege has opened for this process, if anybody has. */
export function findHanded({ name, pluginSocket, xskmap, fragments }: Request): FromOutside | undefined {
  const device = name.slice(name.indexOf(':') + 1)
  const isMap = xskmap !== undefined || pluginSocket !== undefined
  const inherited = isMap ? undefined : PluginSocket.inherited
  const grant = inherited?.grant(device)
  if (!isMap && !grant) return undefined
  if (fragments !== undefined)
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `${name}: the process with the privileges decides about fragments: npx rxburst grant INTERFACE --fragments take`,
    )
  if (xskmap !== undefined) return { descriptors: onlyMap(native.grant.openXskmap(String(xskmap))) }
  if (pluginSocket !== undefined)
    return { descriptors: onlyMap(PluginSocket.mapFromPlugin(String(pluginSocket), device)) }
  // To the broker a connection is a program, with rules and counters of its own. So each port has one.
  const broker = inherited!.another()
  try {
    return { descriptors: broker.handed(grant!), broker, grant }
  } catch (error) {
    broker.close()
    throw error
  }
}

/** Throws ERR_NO_QUEUE where a queue was taken that the broker did not grant. */
export function checkGranted({ grant }: FromOutside, name: string, queues: readonly number[]): void {
  const missing = grant && queues.find((queue) => !grant.queues.includes(queue))
  if (missing !== undefined)
    throw new RxburstError(
      'ERR_NO_QUEUE',
      `${name}: queue ${missing} was not granted (granted: ${grant?.queues.join(', ')})`,
    )
}
