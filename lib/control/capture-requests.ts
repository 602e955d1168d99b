// The requests by which another process captures a data plane: it gets the numbers of two descriptors, and reads.
import type { Tapped } from '../capture/plane.js'
import type { Place } from '../capture/source.js'
import type { Client, Requests } from '../control-socket/requests.js'
import { RxburstError } from '../errors.js'
import type { DataPlane } from './data-plane.js'

/** The answer to the request `capture`. Descriptors are numbers of the data plane's process: /proc/PID/fd/NUMBER. */
export interface CaptureAnswer {
  capture: number
  records: number
  index: number
  places: readonly Place[]
}

/**
 * `capture` begins one, with the options of the tap; `capture-keep` keeps the connection; `capture-end` has the workers
 * stop to write. A capture ends with the connection that it was asked for by.
 */
export function registerCaptures(requests: Requests, current: () => DataPlane | undefined): void {
  const captures = new Map<number, { tapped: Tapped; client: Client }>()

  requests.register('capture', async (asked, client): Promise<CaptureAnswer> => {
    const plane = current()
    if (!plane) throw new RxburstError('ERR_CONTROL', 'the data plane is still starting: ask again')
    const { filter, snaplen, points, sample, ringBytes } = asked
    const tapped = await plane.tap({ filter, snaplen, points, sample, ringBytes })
    const end = async () => {
      captures.delete(tapped.id)
      await tapped.detach().catch(() => {})
      tapped.close()
    }
    captures.set(tapped.id, { tapped, client })
    client.gone.addEventListener('abort', end, { once: true })
    if (client.gone.aborted) await end()
    return { capture: tapped.id, ...tapped.descriptors, places: tapped.places }
  })

  requests.register('capture-keep', () => true)

  requests.register('capture-end', async (asked, client) => {
    const found = captures.get(Number(asked.capture))
    if (found?.client !== client)
      throw new RxburstError('ERR_BAD_ARGUMENT', `this connection has no capture ${String(asked.capture)}`)
    await found.tapped.detach()
    return true
  })
}
