// The data plane that run() returns: its statistics, its audit and its end.
/// <reference lib="esnext.disposable" preserve="true" />
import { setTimeout as sleep } from 'node:timers/promises'
import type { Capture } from '../capture/capture.js'
import type { CaptureOptions } from '../capture/options.js'
import type { Tapped } from '../capture/plane.js'
import { checkInteger, checkKeys, RxburstError } from '../errors.js'
import { publish } from '../events.js'
import { PlaneFlows } from '../flows/plane.js'
import { type NativeAudit, native } from '../native.js'
import { theArena } from './arena.js'
import type { OnLost } from './lost.js'
import type { Mailbox, PlaneEvents } from './mailbox.js'
import { type Family, familiesOf } from './metrics/families.js'
import { type Health, healthOf } from './metrics/health.js'
import { planeNow } from './metrics/plane-now.js'
import { metricsText } from './metrics/text.js'
import type { Port } from './port.js'
import { flushesOf, type Reading, readCounters } from './stats/counters.js'
import { type Stats, toStats } from './stats/stats.js'
import type { Failure, WorkerThread } from './worker-thread.js'

/**
 * The books of one worker between two turns. Packets: `rx + fresh = tx + dropped + passed + rejected + kept + burst`.
 * Frames: `frames = free + posted + received + burst + kept + queued`.
 */
export interface WorkerAudit {
  /** Whether both sums hold. */
  ok: boolean
  /** The sum that does not hold, as a sentence; '' when all do. */
  problem: string
  /** Frames that belong to the worker. */
  frames: number
  /** Frames that nothing uses. */
  free: number
  /** Frames that wait in receive queues for packets. */
  posted: number
  /** Frames with packets that have arrived and are in no burst yet. */
  received: number
  /** Packets in front of the handler; each is a frame. */
  burst: number
  /** Packets that the program owns; each is a frame. */
  kept: number
  /** Frames that wait in transmit queues or are with the device. */
  queued: number
  /** Packets received. */
  rx: number
  /** Packets made by alloc(). */
  fresh: number
  /** Packets that a device accepted for sending. */
  tx: number
  /** Packets dropped. */
  dropped: number
  /** Packets handed to the kernel. */
  passed: number
  /** Packets that a transmit queue refused. */
  rejected: number
  /** Packets that were copied on the way. */
  copied: number
  /** Received packets that the action of a flow decided. */
  hits: number
  /** Received packets that the handler was shown: `rx = hits + shown`. */
  shown: number
}

/** The result of plane.audit(). */
export interface AuditReport {
  /** Whether the books of every worker add up. */
  ok: boolean
  /** The books of each worker, in the order of `workers` of run(). */
  workers: WorkerAudit[]
}

/** A worker that has not stopped by then is terminated, in milliseconds; native code still closes its queues. */
export const STOP_MS = 2000

// By a path that no bundler follows: most programs capture nothing, and would wait for these modules.
const captures = async () =>
  (await import(new URL('../capture/plane.js', import.meta.url).href)) as typeof import('../capture/plane.js')

/** A port of a data plane: whose queues these workers own, by their numbers in native code. */
export interface PortUse {
  port: Port
  workers: readonly number[]
  onLost: OnLost
}

/**
 * A processor at work on its workers. run() makes it.
 * @example
 * ```ts
 * import { open, run } from 'rxburst'
 *
 * const port = await open('loop:a')
 * const plane = await run(new URL('./odd.js', import.meta.url), { workers: [{ queues: port.queues }] })
 * for await (const { rx, dropped } of plane.stats({ everyMs: 500 })) {
 *   console.log(rx.pps, dropped.pps)
 *   if (rx.packets > 1e6) await plane.stop()
 * }
 * await plane.done
 * ```
 */
export class DataPlane implements AsyncDisposable {
  /** Resolves when it has stopped; rejects with a worker's error, code and all. */
  readonly done: Promise<void>
  /** Its ports, in the order in which verdicts name them. */
  readonly ports: readonly Port[]
  /** Flows that the main thread makes in every worker. */
  readonly flows: PlaneFlows
  readonly #threads: WorkerThread[]
  readonly #name: string | undefined
  /** Native numbers of the ports: a port may be closed before the plane has ended. */
  readonly #attached: readonly number[]
  readonly #mailbox: Mailbox
  readonly #atEnd: (() => void)[]
  readonly #began = performance.now()
  #ended: { counters: Reading; audits: NativeAudit[]; seconds: number } | undefined
  #stopping = false
  #lost: RxburstError | undefined
  #ask!: () => void
  readonly #asked = new Promise<void>((resolve) => {
    this.#ask = resolve
  })

  /** @internal use run() */
  constructor(
    threads: WorkerThread[],
    ports: readonly Port[],
    attached: readonly number[],
    mailbox: Mailbox,
    uses: readonly PortUse[],
    /** Its name, and what is called when its workers are gone, before `done` is settled. */
    { name, atEnd = [] }: { name?: string | undefined; atEnd?: readonly (() => void)[] } = {},
  ) {
    this.#name = name
    this.#threads = threads
    this.#attached = attached
    this.#mailbox = mailbox
    this.ports = ports
    this.flows = new PlaneFlows(threads.map((thread) => thread.order))
    this.done = this.#end()
    this.#atEnd = uses.flatMap(({ port, workers, onLost }) => [
      port.watch.on(({ type, reason }) => mailbox.tell(type, port, reason)),
      port.watch.use({
        workers,
        onLost,
        fail: (error) => {
          if (!this.#stopping) this.#lost = error
          this.#beginStop()
        },
      }),
    ])
    this.#atEnd.push(...atEnd)
    threads.forEach((_, worker) => {
      publish('worker', { event: 'ready', plane: this, worker })
    })
    publish('plane', { event: 'running', plane: this })
    this.done.catch(() => {}) // whoever awaits it hears of it; nobody has to
  }

  async #end(): Promise<void> {
    const asked = this.#threads.map((worker) => worker.asked)
    const idle = Promise.all(this.#threads.map((worker) => worker.idle))
    await Promise.race([this.#asked, ...asked, idle, ...this.#threads.map((worker) => worker.ended)])
    this.#beginStop()
    let endedAt = Number.POSITIVE_INFINITY // when we ended those that were late
    const timer = setTimeout(() => {
      endedAt = performance.now()
      for (const worker of this.#threads) void worker.thread.terminate()
    }, STOP_MS)
    const failures: (Failure & { index: number })[] = []
    await Promise.all(
      this.#threads.map(async (worker, index) => {
        const failure = await worker.gone
        publish('worker', { event: 'ended', plane: this, worker: index, error: failure?.error })
        if (failure) failures.push({ ...failure, index })
      }),
    )
    clearTimeout(timer)
    for (const end of this.#atEnd) end()
    this.#ended = {
      counters: this.#read(),
      audits: this.#threads.map((m) => native.workers.auditResult(m.id)!),
      seconds: this.#seconds(),
    }
    for (const { id } of this.#threads) native.workers.forget(id)
    publish('plane', { event: 'ended', plane: this, error: this.#lost ?? failures[0]?.error })
    if (this.#lost) throw this.#lost
    if (failures.length === 0) return
    const { error, died, at, index } = failures.reduce((first, next) => (next.at < first.at ? next : first))
    if (died && at >= endedAt)
      throw new RxburstError(
        'ERR_WORKER_DIED',
        `worker ${index} did not stop within ${STOP_MS / 1000} seconds and was ended: its handler did not return`,
      )
    throw error
  }

  /** @internal whether it is on its way to its end, or there. */
  get stopping(): boolean {
    return this.#stopping
  }

  #seconds(): number {
    return (performance.now() - this.#began) / 1000
  }

  #read(): Reading {
    return this.#ended?.counters ?? readCounters(theArena(), this.#threads)
  }

  #toStats(now: Reading, before: Reading | undefined, sinceSeconds: number, seconds: number): Stats {
    const names = this.ports.map((port) => port.name)
    return toStats(now, before, sinceSeconds, seconds, names)
  }

  /**
   * Counts since the start; rates are averages. At most a millisecond old while it runs, exact after `done`. Each
   * worker's are of one moment between two turns, so their sums hold at any time. They are there by queue, port and
   * worker, and in sum.
   */
  snapshot(): Stats {
    const seconds = this.#ended?.seconds ?? this.#seconds()
    return this.#toStats(this.#read(), undefined, seconds, seconds)
  }

  /**
   * Statistics every so often until the data plane is done, with the rates of each interval.
   * @param options `everyMs`: the interval in milliseconds, 1 to 2147483647. Default 1000.
   * @throws ERR_BAD_OPTION
   */
  async *stats(options: { everyMs?: number } = {}): AsyncGenerator<Stats, void> {
    checkKeys('stats()', options, ['everyMs'])
    const { everyMs = 1000 } = options
    checkInteger('everyMs', everyMs, 1, 2 ** 31 - 1)
    let over = false
    const finish = () => {
      over = true
    }
    const end = this.done.then(finish, finish)
    let before: Reading | undefined
    let at = 0
    while (!over) {
      const timer = new AbortController()
      await Promise.race([end, sleep(everyMs, undefined, { signal: timer.signal }).catch(() => {})])
      timer.abort()
      if (over) return
      const now = this.#read()
      const seconds = this.#seconds()
      yield this.#toStats(now, before, seconds - at, seconds)
      before = now
      at = seconds
    }
  }

  /** @internal metrics as data: every family there is, those without a sample too. */
  families(): Family[] {
    const up = !this.#stopping && !this.#ended
    return familiesOf(planeNow(up, this.#name, this.snapshot(), this.ports, this.#threads))
  }

  /**
   * Its metrics in the text format of Prometheus, with the counts that `snapshot()` has, by port, queue and worker.
   * Histograms are there with the option `measure` of run(). docs/observing.md lists all names.
   */
  metrics(): string {
    return metricsText(this.families())
  }

  /**
   * Whether all of it works: every worker polls, and every port has its interface and a link. It waits for a worker
   * that is late, a second at most.
   */
  async health(): Promise<Health> {
    const turns = () => this.#threads.map(({ id }) => flushesOf(theArena(), id))
    return healthOf(
      this.ports,
      () => (this.#ended ? this.#threads.map(() => 0) : turns()),
      () => this.#stopping || this.#ended !== undefined,
    )
  }

  /** Every worker checks its books between two turns: packets and frames, each counted two ways. */
  async audit(): Promise<AuditReport> {
    if (!this.#ended) for (const { id } of this.#threads) native.workers.requestAudit(id)
    const workers: NativeAudit[] = []
    for (const { id } of this.#threads) {
      let result = this.#ended ? null : native.workers.auditResult(id)
      while (!result && !this.#ended) {
        await sleep(1)
        result = this.#ended ? null : native.workers.auditResult(id)
      }
      if (result) workers.push(result)
    }
    const all = this.#ended?.audits ?? workers
    return { ok: all.every((worker) => worker.ok), workers: all }
  }

  /**
   * Captures packets where they enter the workers and where they leave them with their verdict, into a file or a
   * stream. Without `to` the packets are read from the capture itself. A reader that is too slow loses packets, which
   * are counted; the data plane never waits for it. At most 4 at a time.
   * @throws ERR_BAD_OPTION, ERR_STEER for the filter, ERR_BAD_ARGUMENT for a file that can't be written, ERR_LIMIT,
   * ERR_CLOSED
   * @example
   * ```ts
   * import type { DataPlane } from 'rxburst'
   *
   * export async function record(plane: DataPlane, signal: AbortSignal) {
   *   const capture = await plane.capture({ to: 'drops.pcapng', points: ['exit'], snaplen: 96, signal })
   *   const { written, dropped } = await capture.done
   *   console.log(`${written} packets, ${dropped} lost`)
   * }
   * ```
   */
  async capture(options: CaptureOptions = {}): Promise<Capture> {
    return (await captures()).capturePlane(this.#captured(), options)
  }

  /** @internal the same for another process, which reads the memory; options as they came. */
  async tap(options: Readonly<Record<string, unknown>>): Promise<Tapped> {
    const { tapPlane, checkTapOptions } = await captures()
    return tapPlane(this.#captured(), checkTapOptions(options))
  }

  #captured() {
    if (this.#ended)
      throw new RxburstError('ERR_CLOSED', 'the data plane has ended: there is nothing to capture')
    return { workers: this.#threads, ports: this.ports, done: this.done }
  }

  /**
   * Lets no more packets in, has every worker finish those that arrived, and closes the queues. Resolves when all of
   * that is done. It does not reject with an error of a worker; `done` does.
   */
  async stop(): Promise<void> {
    this.#beginStop()
    await this.done.catch(() => {})
  }

  #beginStop(): void {
    if (this.#stopping) return
    this.#stopping = true
    publish('plane', { event: 'stopping', plane: this })
    this.#ask()
    for (const id of this.#attached) native.ports.detach(id)
    for (const { id, channel } of this.#threads) {
      native.workers.stop(id)
      channel.postMessage('stop')
    }
  }

  /**
   * Calls back on an event: 'message' brings each message that a processor posts (`parentPort.postMessage(message)`),
   * cloned, and its worker's index. Messages that came before the first listener are kept for it, 1024 at the most.
   * @throws ERR_BAD_ARGUMENT when there is no such event
   */
  on<E extends keyof PlaneEvents>(event: E, listener: (...args: PlaneEvents[E]) => void): this {
    this.#mailbox.on(event, listener)
    return this
  }

  /** Ends what on() began. */
  off<E extends keyof PlaneEvents>(event: E, listener: (...args: PlaneEvents[E]) => void): this {
    this.#mailbox.off(event, listener)
    return this
  }

  /** Does what stop() does: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
