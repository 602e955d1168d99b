// run(): starts a processor on worker threads over the queues they own, and the data plane that it returns.
/// <reference lib="esnext.disposable" preserve="true" />
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { checkInteger, checkKeys, RxburstError } from '../errors.js'
import { layout, type NativeAudit, native } from '../native.js'
import type { PortDescription } from '../worker/description.js'
import { theArena } from './arena.js'
import { checkOnLost, type OnLost } from './lost.js'
import { Mailbox, type PlaneEvents } from './mailbox.js'
import type { Column } from './options.js'
import type { Port, Queue } from './port.js'
import { allReady } from './readiness.js'
import { checkQueue, checkTypes, readOnce } from './run-options.js'
import { type Counters, noCounters, readCounters, type Stats, toStats } from './stats.js'
import { type Failure, type Member, startMember } from './worker-thread.js'

export interface WorkerOptions {
  /** CPU to pin the thread to. Unset: the kernel's choice. */
  cpu?: number | undefined
  /** Queues that this worker owns; no other may. */
  queues: readonly Queue[]
  /** Handed to the processor as `context.data`, cloned: no functions, no ports. */
  data?: unknown
}

export interface RunOptions {
  workers: readonly WorkerOptions[]
  /** Ports in the order in which verdicts name them. Default: as they appear in `workers`. */
  ports?: readonly Port[] | undefined
  /** Packets in one burst at the most, 1 to 256. Default 32. */
  burst?: number | undefined
  /** What to do without packets: burn the CPU, sleep after a while, or sleep at once. Default 'adaptive'. */
  idle?: 'spin' | 'adaptive' | 'wait' | undefined
  /** Poison freed frames, and throw on use of a burst or packet after return. Default false. */
  debug?: boolean | undefined
  /** Columns beyond offset and length to fill. */
  columns?: readonly Column[] | undefined
  /** What becomes of the data plane when a port loses its interface, for ports whose open() did not say. Default 'fail'. */
  onLost?: OnLost | undefined
  /**
   * Aborting it stops the data plane. A worker that is not ready to poll two seconds later, because its module does not come to an
   * end, is ended; then run() rejects with the signal's reason.
   */
  signal?: AbortSignal | undefined
  /** Milliseconds in which every worker has to be ready to poll; else run() ends them, with ERR_NOT_READY. Default: no limit. */
  startMs?: number | undefined
  /** Stop on SIGINT and SIGTERM. Default false: signals are yours. */
  handleSignals?: boolean | undefined
}

/** The sums of the design's second invariant, checked. */
export interface AuditReport {
  ok: boolean
  workers: NativeAudit[]
}

const KEYS = [
  'workers',
  'ports',
  'burst',
  'idle',
  'debug',
  'columns',
  'onLost',
  'signal',
  'startMs',
  'handleSignals',
]
const IDLE = ['spin', 'adaptive', 'wait']
const FRAMES_PER_QUEUE = 6144 // full receive and transmit rings of 2048, and as much again in flight
const STOP_MS = 2000 // a worker that has not stopped by then is terminated; native code still closes its queues

function checkWorkers(workers: readonly WorkerOptions[]): void {
  if (!Array.isArray(workers) || workers.length === 0)
    throw new RxburstError('ERR_BAD_OPTION', 'run() wants workers: [{ cpu, queues }], at least one')
  for (const worker of workers) {
    checkKeys('a worker', worker, ['cpu', 'queues', 'data'])
    if (worker.cpu !== undefined) checkInteger('cpu', worker.cpu, 0, 1023)
    if (!Array.isArray(worker.queues) || worker.queues.length === 0) checkQueue(undefined)
    worker.queues.forEach(checkQueue)
  }
}

function columnBits(columns: readonly string[], ports: readonly Port[]): number {
  let bits = 0
  for (const column of columns) {
    const bit = (layout.columns as Record<string, number>)[column]
    if (!bit)
      throw new RxburstError(
        'ERR_BAD_OPTION',
        `there is no column '${column}': ${Object.keys(layout.columns).join(', ')} are`,
      )
    const without = ports.find((port) => !port.info.columns.includes(column))
    if (without)
      throw new RxburstError(
        'ERR_NOT_SUPPORTED',
        `${without.name} can't fill the column '${column}'; it fills ${without.info.columns.join(', ') || 'none beyond offset and length'}`,
      )
    bits |= bit
  }
  return bits
}

/** A port of a data plane: whose queues these workers own, by their numbers in native code. */
interface PortUse {
  port: Port
  workers: readonly number[]
  onLost: OnLost
}

/** A processor at work. */
export class DataPlane implements AsyncDisposable {
  /** Resolves when it has stopped; rejects with a worker's error, code and all. */
  readonly done: Promise<void>
  readonly ports: readonly Port[]
  readonly #members: Member[]
  /** Native numbers of the ports: a port may be closed before the plane has ended. */
  readonly #attached: readonly number[]
  readonly #mailbox: Mailbox
  readonly #unwatch: (() => void)[]
  readonly #began = performance.now()
  #ended: { counters: Counters; audits: NativeAudit[]; seconds: number } | undefined
  #stopping = false
  #lost: RxburstError | undefined
  #ask!: () => void
  readonly #asked = new Promise<void>((resolve) => {
    this.#ask = resolve
  })

  /** @internal use run() */
  constructor(
    members: Member[],
    ports: readonly Port[],
    attached: readonly number[],
    mailbox: Mailbox,
    uses: readonly PortUse[],
  ) {
    this.#members = members
    this.#attached = attached
    this.#mailbox = mailbox
    this.ports = ports
    this.done = this.#end()
    this.#unwatch = uses.flatMap(({ port, workers, onLost }) => [
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
    this.done.catch(() => {}) // whoever awaits it hears of it; nobody has to
  }

  async #end(): Promise<void> {
    const asked = this.#members.map((member) => member.asked)
    await Promise.race([this.#asked, ...asked, ...this.#members.map((member) => member.ended)])
    this.#beginStop()
    let endedAt = Number.POSITIVE_INFINITY // when we ended those that were late
    const timer = setTimeout(() => {
      endedAt = performance.now()
      for (const member of this.#members) void member.thread.terminate()
    }, STOP_MS)
    const failures: (Failure & { index: number })[] = []
    await Promise.all(
      this.#members.map(async (member, index) => {
        const failure = await member.gone
        if (failure) failures.push({ ...failure, index })
      }),
    )
    clearTimeout(timer)
    for (const end of this.#unwatch) end()
    this.#ended = {
      counters: this.#read(),
      audits: this.#members.map((m) => native.auditResult(m.id)!),
      seconds: this.#seconds(),
    }
    for (const { id } of this.#members) native.forgetWorker(id)
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

  #seconds(): number {
    return (performance.now() - this.#began) / 1000
  }

  #read(): Counters {
    return this.#ended?.counters ?? readCounters(theArena(), this.#members)
  }

  /**
   * Counts since the start; rates are averages. At most a millisecond old while it runs, exact after `done`. Each worker's are of one
   * moment between two turns, so their sums hold at any time.
   */
  snapshot(): Stats {
    const seconds = this.#ended?.seconds ?? this.#seconds()
    return toStats(this.#read(), noCounters(), seconds, seconds)
  }

  /** Statistics every so often until the data plane is done, with the rates of each interval. */
  async *stats(options: { everyMs?: number } = {}): AsyncGenerator<Stats, void> {
    checkKeys('stats()', options, ['everyMs'])
    const { everyMs = 1000 } = options
    checkInteger('everyMs', everyMs, 1, 2 ** 31 - 1)
    let over = false
    const finish = () => {
      over = true
    }
    const end = this.done.then(finish, finish)
    let before = noCounters()
    let at = 0
    while (!over) {
      const timer = new AbortController()
      await Promise.race([end, sleep(everyMs, undefined, { signal: timer.signal }).catch(() => {})])
      timer.abort()
      if (over) return
      const now = this.#read()
      const seconds = this.#seconds()
      yield toStats(now, before, seconds - at, seconds)
      before = now
      at = seconds
    }
  }

  /** Every worker checks its books between two turns: packets and frames, each counted two ways. */
  async audit(): Promise<AuditReport> {
    if (!this.#ended) for (const { id } of this.#members) native.requestAudit(id)
    const workers: NativeAudit[] = []
    for (const { id } of this.#members) {
      let result = this.#ended ? null : native.auditResult(id)
      while (!result && !this.#ended) {
        await sleep(1)
        result = this.#ended ? null : native.auditResult(id)
      }
      if (result) workers.push(result)
    }
    const all = this.#ended?.audits ?? workers
    return { ok: all.every((worker) => worker.ok), workers: all }
  }

  /**
   * Lets no more packets in, has every worker finish those that arrived, and closes the queues. Resolves when all of that
   * is done; an error of a worker is `done`'s to tell.
   */
  async stop(): Promise<void> {
    this.#beginStop()
    await this.done.catch(() => {})
  }

  #beginStop(): void {
    if (this.#stopping) return
    this.#stopping = true
    this.#ask()
    for (const id of this.#attached) native.detachPort(id)
    for (const { id, channel } of this.#members) {
      native.stopWorker(id)
      channel.postMessage('stop')
    }
  }

  /**
   * Calls back on an event: 'message' brings each message that a processor posts (`parentPort.postMessage(message)`), cloned, and its
   * worker's index. Messages that came before the first listener are kept for it, 1024 at the most.
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

function describe(port: Port, index: number): PortDescription {
  const { name, mtu, frameMax, segments, mac, canPass, borrowed } = port.info
  return { index, name, mtu, frameMax, segments, mac: mac && Uint8Array.from(mac), canPass, borrowed }
}

/** Frames for each worker. Those of queues closed a moment ago are waited for, a quarter of a second at most, if needed. */
async function shareOfFrames(workers: readonly WorkerOptions[]): Promise<number> {
  const wanted = workers.reduce((sum, { queues }) => sum + queues.length * FRAMES_PER_QUEUE, 0)
  while (native.framesAvailable() < wanted && native.framesResting() > 0) await sleep(5)
  return Math.floor(native.framesAvailable() / workers.length)
}

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

/**
 * Runs a processor: binds the queues, and lets packets in last, when every worker polls.
 * @param processor URL or path of a module whose default export is a {@link Processor}
 * @returns when every worker polls
 * @throws the first worker's error, or ERR_PORT_LOST; then nothing is left open
 */
export async function run(processor: URL | string, given: RunOptions): Promise<DataPlane> {
  if (!(processor instanceof URL) && typeof processor !== 'string')
    throw new RxburstError(
      'ERR_PROCESSOR',
      "run() takes the URL or path of a processor module: it is loaded in each worker, so a function won't do",
    )
  checkKeys('run()', given, KEYS)
  const options = readOnce(given)
  checkWorkers(options.workers)
  checkTypes(options)
  const { burst = 32, idle = 'adaptive', debug = false, columns = [], signal, startMs, workers } = options
  if (startMs !== undefined) checkInteger('startMs', startMs, 1, 2 ** 31 - 1)
  checkInteger('burst', burst, 1, layout.limits.burstMax)
  if (!IDLE.includes(idle))
    throw new RxburstError('ERR_BAD_OPTION', `idle is 'spin', 'adaptive' or 'wait', not '${String(idle)}'`)
  signal?.throwIfAborted()
  const url = processor instanceof URL ? processor : pathToFileURL(processor)
  const used = [...new Set(workers.flatMap((worker) => worker.queues.map((queue) => queue.port)))]
  const ports = options.ports ?? used
  const missing = used.find((port) => !ports.includes(port))
  if (missing)
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `ports does not list ${missing.name}, whose queues a worker owns`,
    )
  const onLost = checkOnLost('run()', options.onLost) ?? 'fail'
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
  const members: Member[] = []
  const attached: number[] = []
  const cutOff = lossOf(used)
  try {
    for (const worker of workers) {
      const pairs = worker.queues.flatMap((queue) => [queue.port.id, queue.index])
      const frames = Math.min(share, worker.queues.length * FRAMES_PER_QUEUE)
      planned.push(
        native.planWorker(
          { cpu: worker.cpu ?? -1, burst, idle: IDLE.indexOf(idle), debug, frames, columns: bits },
          pairs,
          ids,
        ),
      )
    }
    const descriptions = ports.map(describe)
    workers.forEach((worker, index) => {
      const id = planned[index]
      const boot = {
        memory: arena.memory,
        arena: { frameSize: arena.frameSize, frameCount: arena.frameCount, framesAt: arena.framesAt },
        blockAt: arena.blocksAt + id * arena.blockBytes,
        id,
        index,
        processor: url.href,
        ports: descriptions,
        queues: worker.queues.map((queue) => ({ port: ports.indexOf(queue.port), queue: queue.index })),
        data: worker.data,
        debug,
      }
      members.push(
        startMember(
          boot,
          worker.queues.map((queue) => queue.port.info.losses),
          (message) => mailbox.deliver(message, index),
        ),
      )
    })
    await Promise.race([cutOff.told, allReady(members, STOP_MS, startMs, signal)])
    for (const port of used) port.checkRequired()
    for (const port of used) {
      native.attachPort(port.id)
      attached.push(port.id)
    }
    for (const port of used) port.checkRequired()
  } catch (error) {
    for (const id of attached) native.detachPort(id)
    // Node leaks the descriptor of a module that a terminated thread was just reading: let each come to an end of that.
    const waited = error === signal?.reason // they had that time already
    const settled = Promise.allSettled(members.map((member) => member.ready))
    if (!waited) await Promise.race([settled, sleep(STOP_MS, undefined, { ref: false })])
    await Promise.all(members.map((member) => member.thread.terminate()))
    for (const id of planned) native.forgetWorker(id)
    const lost = used.find((port) => port.watch.lost)
    if (!lost) throw error
    if (waits(lost)) return run(processor, options)
    throw lost.watch.error(error)
  } finally {
    cutOff.end()
  }
  const uses = used.map((port) => ({
    port,
    workers: planned.filter((_, i) => workers[i].queues.some((queue) => queue.port === port)),
    onLost: port.onLost ?? onLost,
  }))
  const plane = new DataPlane(members, ports, attached, mailbox, uses)
  const stop = () => void plane.stop()
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  const signals = options.handleSignals ? (['SIGINT', 'SIGTERM'] as const) : []
  for (const name of signals) process.once(name, stop)
  const forget = () => {
    signal?.removeEventListener('abort', stop)
    for (const name of signals) process.removeListener(name, stop)
  }
  plane.done.then(forget, forget)
  return plane
}
