// run(): starts a processor on worker threads over the queues they own.

import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { RxburstError } from '../errors.js'
import { native } from '../native.js'
import { onSignals, STOPPING } from '../signals.js'
import { COUNTERS_MAX } from '../worker/counter.js'
import type { PortDescription } from '../worker/description.js'
import { measuredBytes } from '../worker/measured.js'
import { theArena } from './arena.js'
import { DataPlane, STOP_MS } from './data-plane.js'
import { Mailbox } from './mailbox.js'
import { NicFlows } from './nic-flows.js'
import { PlaneControl } from './plane-control.js'
import type { Port, Queue } from './port.js'
import { allReady } from './readiness.js'
import {
  type CheckedRunOptions,
  columnBits,
  type RunOptions,
  readRunOptions,
  type WorkerOptions,
} from './run-options.js'
import { startWorkerThread, type WorkerThread } from './worker-thread.js'

function describe(port: Port, index: number): PortDescription {
  const { name, mtu, frameMax, segments, mac, canPass, borrowed } = port.info
  return { index, name, mtu, frameMax, segments, mac: mac && Uint8Array.from(mac), canPass, borrowed }
}

/** Frames that these queues want: their rings full, and what is in flight. */
const framesWanted = (queues: readonly Queue[]) =>
  queues.reduce((sum, { port }) => sum + port.info.framesPerQueue, 0)

/**
 * Frames for each worker. Those of queues closed a moment ago are waited for, a quarter of a second at most, if needed.
 */
async function shareOfFrames(workers: readonly WorkerOptions[]): Promise<number> {
  const wanted = workers.reduce((sum, { queues }) => sum + framesWanted(queues), 0)
  while (native.arena.framesAvailable() < wanted && native.arena.framesQuarantined() > 0) await sleep(5)
  return Math.floor(native.arena.framesAvailable() / workers.length)
}

/** Memory for what a worker measures; latency by timestamps of the clock that every thread can read. */
const measuredOf = ({ queues }: WorkerOptions, columns: readonly string[]) => ({
  buffer: new SharedArrayBuffer(measuredBytes(queues.length)),
  timed: queues.map(
    ({ port }) => columns.includes('timestamp') && port.info.timestampClock === 'CLOCK_MONOTONIC',
  ),
})

/** Rejects when one of the ports is lost, until `end()`. */
function lossOf(ports: readonly Port[]): { told: Promise<never>; end(): void } {
  let fail!: (error: Error) => void
  const told = new Promise<never>((_, reject) => {
    fail = reject
  })
  told.catch(() => {}) // a worker may have failed before
  const ends = ports.map((port) => port.watch.use({ workers: [], onLost: 'fail', fail }))
  return {
    told,
    end: () => {
      for (const end of ends) end()
    },
  }
}

/** Stops a data plane when its signal is aborted, and on the process's signals if that was asked for. */
function stopOn(plane: DataPlane, { signal, handleSignals }: CheckedRunOptions): void {
  const stop = () => void plane.stop()
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  // Once: the next such signal ends the process, should a handler never return.
  const unlisten = onSignals(handleSignals ? STOPPING : [], () => {
    unlisten()
    stop()
  })
  const forget = () => {
    signal?.removeEventListener('abort', stop)
    unlisten()
  }
  plane.done.then(forget, forget)
}

/**
 * Binds the queues, and lets packets in when every worker polls; begins again when a port that may wait is lost
 * meanwhile.
 */
async function start(url: URL, options: CheckedRunOptions, control?: PlaneControl): Promise<DataPlane> {
  const { workers, ports, used, burst, idleKind, debug, columns, onLost, signal, startMs } = options
  const waits = (port: Port) => (port.onLost ?? onLost) === 'wait'
  for (const port of used.filter((port) => port.watch.lost)) {
    if (!waits(port)) throw port.watch.error()
    await port.watch.there(signal)
  }
  const ids = ports.map((port) => port.id)
  const bits = columnBits(columns, used)
  const arena = theArena()
  const share = await shareOfFrames(workers)

  const mailbox = new Mailbox()
  const planned: number[] = []
  const threads: WorkerThread[] = []
  const attached: number[] = []
  const cutOff = lossOf(used)
  try {
    for (const worker of workers) {
      const queues = worker.queues.map((queue) => ({ port: queue.port.id, queue: queue.index }))
      const frames = Math.min(share, framesWanted(worker.queues))
      planned.push(
        native.workers.plan({
          cpu: worker.cpu ?? -1,
          burst,
          idle: idleKind,
          debug,
          frames,
          columns: bits,
          queues,
          ports: ids,
        }),
      )
    }
    const descriptions = ports.map(describe)
    workers.forEach((worker, index) => {
      const id = planned[index]
      const start = {
        memory: arena.memory,
        arena: { frameSize: arena.frameSize, frameCount: arena.frameCount, framesAt: arena.framesAt },
        blockAt: arena.blocksAt + id * arena.blockBytes,
        id,
        index,
        workers: workers.length,
        directions: options.directions ?? 'spread',
        processor: url.href,
        ports: descriptions,
        queues: worker.queues.map((queue) => ({ port: ports.indexOf(queue.port), queue: queue.index })),
        data: worker.data,
        debug,
        ...(options.measure ? { measured: measuredOf(worker, columns) } : {}),
        counters: new SharedArrayBuffer(COUNTERS_MAX * Float64Array.BYTES_PER_ELEMENT),
      }
      threads.push(
        startWorkerThread(
          start,
          {
            nic: new NicFlows(ports),
            losses: worker.queues.map((queue) => queue.port.info.losses),
            places: worker.queues.map((queue) => ({ port: ports.indexOf(queue.port), queue: queue.index })),
          },
          (message) => mailbox.deliver(message, index),
        ),
      )
    })
    await Promise.race([cutOff.told, allReady(threads, STOP_MS, startMs, signal)])
    for (const port of used) port.checkRequired() // zero-copy, known since the queues were bound, and before a packet is taken
    for (const port of used) {
      native.ports.attach(port.id)
      attached.push(port.id)
    }
    for (const port of used) port.checkRequired() // native XDP, known since the port was attached
  } catch (error) {
    for (const id of attached) native.ports.detach(id)
    // Node leaks the descriptor of a module that a terminated thread was just reading: let each come to an end of that.
    const waited = error === signal?.reason // they had that time already
    const settled = Promise.allSettled(threads.map((worker) => worker.ready))
    if (!waited) await Promise.race([settled, sleep(STOP_MS, undefined, { ref: false })])
    await Promise.all(threads.map((worker) => worker.thread.terminate()))
    for (const id of planned) native.workers.forget(id)
    const lost = used.find((port) => port.watch.lost)
    if (!lost) throw error
    if (!waits(lost)) throw lost.watch.error(error)
    signal?.throwIfAborted()
    return start(url, options, control)
  } finally {
    cutOff.end()
  }
  const uses = used.map((port) => ({
    port,
    workers: planned.filter((_, i) => workers[i].queues.some((queue) => queue.port === port)),
    onLost: port.onLost ?? onLost,
  }))
  const plane = new DataPlane(threads, ports, attached, mailbox, uses, {
    name: options.name,
    atEnd: control ? [control.close] : [],
  })
  control?.serve(plane)
  stopOn(plane, options)
  return plane
}

/**
 * Runs a processor: binds the queues, and lets packets in last, when every worker polls.
 * @param processor URL or path of a module whose default export is a {@link Processor}: TypeScript or JavaScript
 * @param given workers and their queues, and options
 * @returns the data plane, when every worker polls
 * @throws the first worker's error, ERR_PORT_LOST, ERR_REQUIRE, ERR_BAD_OPTION, ERR_NAME_TAKEN, ERR_CONTROL; then
 * nothing is left open
 * @example
 * ```ts
 * import { open, run } from 'rxburst'
 *
 * const left = await open('loop:left', { peer: 'right' })
 * const right = await open('loop:right', { peer: 'left' })
 * const plane = await run(new URL('./odd.js', import.meta.url), {
 *   workers: [{ cpu: 1, queues: [left.queue(0), right.queue(0)], data: { limit: 100 } }],
 *   handleSignals: true,
 * })
 * await plane.done
 * ```
 */
export async function run(processor: URL | string, given: RunOptions): Promise<DataPlane> {
  if (!(processor instanceof URL) && typeof processor !== 'string')
    throw new RxburstError(
      'ERR_PROCESSOR',
      "run() takes the URL or path of a processor module: it is loaded in each worker, so a function won't do",
    )
  const options = readRunOptions(given)
  const url = processor instanceof URL ? processor : pathToFileURL(processor)
  const control = await PlaneControl.open(url, options)
  try {
    return await start(url, options, control)
  } catch (error) {
    control?.close()
    throw error
  }
}
