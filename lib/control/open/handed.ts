// Takes over what another process has opened for this one: an XSKMAP, a plugin's map, or the grant of `rxburst grant`.
import { RxburstError } from '../../errors.js'
import { type Grant, PluginSocket } from '../../grant/plugin-socket.js'
import { type Handed, native } from '../../native.js'

export interface FromOutside {
  descriptors: Handed
  /** The broker, and what was granted; absent where only a map was handed over. */
  broker?: PluginSocket
  grant?: Grant
}

const onlyMap = (xskmap: number): Handed => ({ xskmap, counters: -1, broker: -1 })

/** What somebody with privilege has opened for this process, if anybody has. */
export function findHanded(name: string, pluginSocket: unknown, xskmap: unknown): FromOutside | undefined {
  const device = name.slice(name.indexOf(':') + 1)
  if (xskmap !== undefined) return { descriptors: onlyMap(native.grant.openXskmap(String(xskmap))) }
  if (pluginSocket !== undefined)
    return { descriptors: onlyMap(PluginSocket.mapFromPlugin(String(pluginSocket), device)) }
  const broker = PluginSocket.inherited
  const grant = broker?.grant(device)
  return broker && grant && { descriptors: broker.handed(grant), broker, grant }
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
