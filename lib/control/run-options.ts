// The options of run(): read once, so that what is used is what was checked; and all checks of them.
import { checkName } from '../control-socket/server.js'
import { checkInteger, checkKeys, RxburstError } from '../errors.js'
import { layout } from '../native.js'
import { checkOnLost, type OnLost } from './lost.js'
import type { Column } from './open/options.js'
import { Port, Queue } from './port.js'

/** One worker thread. */
export interface WorkerOptions {
  /** The number of the CPU to pin the thread to. Default: not pinned. */
  cpu?: number | undefined
  /** Queues that this worker owns. A queue has one owner. */
  queues: readonly Queue[]
  /**
   * A value for the processor, which finds a clone in `context.data`. It may hold a SharedArrayBuffer, which is shared,
   * but no functions and no ports. Default undefined.
   */
  data?: unknown
}

/** The options of run(). */
export interface RunOptions {
  /** The worker threads, 1 to 16, each with the queues that it owns. */
  workers: readonly WorkerOptions[]
  /** Ports in the order in which verdicts name them. Default: as they appear in `workers`. */
  ports?: readonly Port[] | undefined
  /** Packets in one burst at the most, 1 to 256. Default 32. */
  burst?: number | undefined
  /**
   * The behaviour without packets: poll on ('spin'), sleep after a while ('adaptive'), or sleep at once ('wait').
   * Default 'adaptive'.
   */
  idle?: 'spin' | 'adaptive' | 'wait' | undefined
  /**
   * Fills freed frames with a pattern, and throws when a burst or packet is used after the handler has returned.
   * Default false.
   */
  debug?: boolean | undefined
  /**
   * Whether workers measure burst sizes, the time of a turn and, with the column `timestamp`, latency. plane.metrics()
   * has the histograms. It costs some 100 ns a turn. Default false.
   */
  measure?: boolean | undefined
  /** Columns to fill beyond offset and length. Default: none. */
  columns?: readonly Column[] | undefined
  /**
   * Whether both directions of a flow come to the same worker: 'meet' says that they do, as with one queue or a
   * symmetric RSS key. Then flows may have twins although there are several workers. Default 'spread'.
   */
  directions?: 'spread' | 'meet' | undefined
  /** The reaction when a port loses its interface, for ports that were opened without `onLost`. Default 'fail'. */
  onLost?: OnLost | undefined
  /**
   * Aborting it stops the data plane. If a worker is not ready to poll two seconds later, it is ended, and run()
   * rejects with the signal's reason. Default: none.
   */
  signal?: AbortSignal | undefined
  /**
   * Milliseconds in which every worker has to be ready to poll; else run() ends them and rejects with ERR_NOT_READY.
   * Default: no limit.
   */
  startMs?: number | undefined
  /** Stop on SIGINT and SIGTERM. Without it these signals are the program's to handle. Default false. */
  handleSignals?: boolean | undefined
  /**
   * A name by which `rxburst ps` and other commands find the data plane: 1 to 32 letters, digits, '_', '.' and '-', no
   * number. Only one of a user's data planes has it. Default: none, so that its process finds it.
   */
  name?: string | undefined
  /**
   * Whether it has a control socket, by which its user and root ask it. With true, or with a name, run() fails where
   * none can be had. Without either there is a warning. Default: a socket.
   */
  control?: boolean | undefined
}

const KEYS = [
  'workers',
  'ports',
  'burst',
  'idle',
  'debug',
  'measure',
  'columns',
  'directions',
  'onLost',
  'signal',
  'startMs',
  'handleSignals',
  'name',
  'control',
]
const IDLE = ['spin', 'adaptive', 'wait']

/** The options that are looked at here. */
interface Given {
  workers: readonly { queues: readonly Queue[] }[]
  ports?: readonly Port[]
  columns?: readonly string[]
  debug?: boolean
  measure?: boolean
  handleSignals?: boolean
  control?: boolean
  signal?: AbortSignal
}

const bad = (message: string) => new RxburstError('ERR_BAD_OPTION', message)

const listOnce = <T>(list: readonly T[]): readonly T[] => (Array.isArray(list) ? Array.from(list) : list)

const isObject = (value: unknown) => typeof value === 'object' && value !== null

/** A copy of the options, with lists of its own; nothing is checked yet. */
function readOnce<Options extends Given>(given: Options): Options {
  const options = { ...given }
  const workers = listOnce(options.workers)
  options.workers = Array.isArray(workers)
    ? workers.map((given: Given['workers'][number]) => {
        const worker = { ...given }
        return isObject(given) ? { ...worker, queues: listOnce(worker.queues) } : given
      })
    : workers
  if (options.ports) options.ports = listOnce(options.ports)
  if (options.columns) options.columns = listOnce(options.columns)
  return options
}

/**
 * Checks a queue that a worker is to own: anybody can make an object of the class.
 * @throws ERR_BAD_OPTION
 */
function checkQueue(queue: unknown): void {
  if (!(queue instanceof Queue && queue.port instanceof Port))
    throw bad('a worker wants queues: [port.queue(0), …], at least one')
  checkInteger('a queue', queue.index, 0, layout.limits.queuesMax - 1)
}

/** @throws ERR_BAD_OPTION for an option of the wrong type */
function checkTypes({ ports, columns, debug, measure, handleSignals, control, signal }: Given): void {
  if (ports != null && !(Array.isArray(ports) && ports.every((port) => port instanceof Port)))
    throw bad('ports is a list of ports that open() returned, in the order in which verdicts name them')
  if (
    columns !== undefined &&
    !(Array.isArray(columns) && columns.every((column) => typeof column === 'string'))
  )
    throw bad("columns is a list of names, such as ['hash', 'vlan']")
  for (const [name, flag] of Object.entries({ debug, measure, handleSignals, control }))
    if (flag !== undefined && typeof flag !== 'boolean')
      throw bad(`${name} is true or false, not of type ${typeof flag}`)
  if (
    signal != null &&
    !(isObject(signal) && typeof signal.throwIfAborted === 'function' && 'addEventListener' in signal)
  )
    throw bad('signal is an AbortSignal, as AbortController.signal and AbortSignal.timeout() are')
}

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

/**
 * The columns' bits; @throws ERR_BAD_OPTION where there is no such column, ERR_NOT_SUPPORTED where a port can't fill it
 */
export function columnBits(columns: readonly string[], ports: readonly Port[]): number {
  let bits = 0
  for (const column of columns) {
    const bit = (layout.columns as Record<string, number>)[column]
    if (!bit)
      throw new RxburstError(
        'ERR_BAD_OPTION',
        `there is no column '${column}'; there are ${Object.keys(layout.columns).join(', ')}`,
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

/** The options of run(), checked, with their defaults. */
export interface CheckedRunOptions extends RunOptions {
  ports: readonly Port[]
  /** The ports whose queues the workers own. */
  used: readonly Port[]
  burst: number
  /** Its place in the list of ways to idle, as native code has it. */
  idleKind: number
  debug: boolean
  measure: boolean
  columns: readonly Column[]
  onLost: OnLost
}

/**
 * Reads the options of run() once, and checks them.
 * @throws ERR_BAD_OPTION, or the reason of a signal that was aborted before
 */
export function readRunOptions(given: RunOptions): CheckedRunOptions {
  checkKeys('run()', given, KEYS)
  const options = readOnce(given)
  checkWorkers(options.workers)
  checkTypes(options)
  const { burst = 32, idle = 'adaptive', debug = false, measure = false, columns = [] } = options
  const { signal, startMs, workers } = options
  if (startMs !== undefined) checkInteger('startMs', startMs, 1, 2 ** 31 - 1)
  checkInteger('burst', burst, 1, layout.limits.burstMax)
  if (!IDLE.includes(idle))
    throw new RxburstError('ERR_BAD_OPTION', `idle is 'spin', 'adaptive' or 'wait', not '${String(idle)}'`)
  if (options.name !== undefined) checkName(options.name)
  if (options.name !== undefined && options.control === false)
    throw bad(`the name '${options.name}' is found by the control socket: leave control: false out`)
  if (options.directions !== undefined && !['spread', 'meet'].includes(options.directions))
    throw bad(`directions is 'spread' or 'meet', not '${String(options.directions)}'`)
  signal?.throwIfAborted()
  const used = [...new Set(workers.flatMap((worker) => worker.queues.map((queue) => queue.port)))]
  const ports = options.ports ?? used
  const missing = used.find((port) => !ports.includes(port))
  if (missing)
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `ports does not list ${missing.name}, whose queues a worker owns`,
    )
  const onLost = checkOnLost('run()', options.onLost) ?? 'fail'
  return { ...options, ports, used, burst, idleKind: IDLE.indexOf(idle), debug, measure, columns, onLost }
}
