// Captures of a data plane of this process: its workers are told, and its memory is read here or by another process.
import { native, type TapOrder } from '../native.js'
import { Capture } from './capture.js'
import { CaptureMemory } from './memory.js'
import {
  type CaptureOptions,
  checkCaptureOptions,
  checkTapOptions,
  compile,
  type TapOptions,
} from './options.js'
import { checkWritable } from './sink.js'
import type { Place, Source } from './source.js'

export { checkTapOptions }

/** What a capture needs of a data plane. */
export interface CapturedPlane {
  readonly workers: readonly {
    tap(order: TapOrder): Promise<void>
    readonly places: readonly { port: number; queue: number }[]
  }[]
  readonly ports: readonly { name: string; mac: Uint8Array | undefined }[]
  readonly done: Promise<void>
}

/** A capture that workers write. */
export interface Tapped {
  readonly id: number
  /** Of this process. */
  readonly descriptors: { records: number; index: number }
  readonly places: readonly Place[]
  /** Resolves when no worker writes any more. Twice is fine. */
  detach(): Promise<void>
  /** Lets the memory go. Twice is fine. */
  close(): void
}

function placesOf({ workers, ports }: CapturedPlane): Place[] {
  return workers.flatMap((worker, ring) =>
    worker.places.map(({ port, queue }, slot) => {
      const { name, mac } = ports[port]
      return { ring, slot, port: name, queue, ...(mac ? { mac: Array.from(mac) } : {}) }
    }),
  )
}

/**
 * Has every worker write what it sees; all have begun when it resolves.
 * @throws ERR_LIMIT, ERR_NO_MEMORY
 */
export async function tapPlane(plane: CapturedPlane, options: TapOptions): Promise<Tapped> {
  const { points, snaplen, sample, ringBytes, filter } = options
  const { id, ...descriptors } = native.workers.captures.open({
    workers: plane.workers.length,
    ringBytes,
    entry: points.includes('entry'),
    exit: points.includes('exit'),
    snaplen,
    sample,
    filter: compile(filter),
  })
  // A worker that has ended writes no more.
  const all = (order: (ring: number) => TapOrder) =>
    Promise.all(
      plane.workers.map((worker, ring) =>
        worker.tap(order(ring)).catch((error) => {
          if (error.code !== 'ERR_CLOSED') throw error
        }),
      ),
    )
  let detached: Promise<unknown> | undefined
  const detach = async () => {
    detached ??= all(() => ({ kind: 'detach', id }))
    await detached
  }
  let closed = false
  const close = () => {
    if (closed) return
    closed = true
    native.workers.captures.close(id)
  }
  try {
    await all((ring) => ({ kind: 'attach', id, ring }))
  } catch (error) {
    await detach().catch(() => {})
    close()
    throw error
  }
  return { id, descriptors, places: placesOf(plane), detach, close }
}

/**
 * Captures a data plane of this process.
 * @throws ERR_BAD_OPTION, ERR_STEER, ERR_BAD_ARGUMENT for a file that can't be written, ERR_LIMIT
 */
export async function capturePlane(plane: CapturedPlane, given: CaptureOptions): Promise<Capture> {
  const options = checkCaptureOptions(given)
  if (typeof options.to === 'string' && options.to !== '-')
    checkWritable(options.to, options.rotateBytes !== undefined)
  options.signal?.throwIfAborted()
  const tapped = await tapPlane(plane, options)
  let over = false
  const finish = () => {
    over = true
  }
  plane.done.then(finish, finish)
  try {
    const source: Source = {
      memory: new CaptureMemory(tapped.descriptors),
      places: tapped.places,
      get over() {
        return over
      },
      detach: tapped.detach,
      close: tapped.close,
    }
    return new Capture(source, options)
  } catch (error) {
    await tapped.detach()
    tapped.close()
    throw error
  }
}
