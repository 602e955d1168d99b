// Options of run() are read once, so that what is used is what was checked; and the checks that need no open port.
import { checkInteger, RxburstError } from '../errors.js'
import { layout } from '../native.js'
import { Port, Queue } from './port.js'

/** The options that are looked at here. */
interface Given {
  workers: readonly { queues: readonly Queue[] }[]
  ports?: readonly Port[]
  columns?: readonly string[]
  debug?: boolean
  handleSignals?: boolean
  signal?: AbortSignal
}

const bad = (message: string) => new RxburstError('ERR_BAD_OPTION', message)

const listOnce = <T>(list: readonly T[]): readonly T[] => (Array.isArray(list) ? Array.from(list) : list)

const isObject = (value: unknown) => typeof value === 'object' && value !== null

/** A copy of the options, with lists of its own; nothing is checked yet. */
export function readOnce<Options extends Given>(given: Options): Options {
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
export function checkQueue(queue: unknown): void {
  if (!(queue instanceof Queue && queue.port instanceof Port))
    throw bad('a worker wants queues: [port.queue(0), …], at least one')
  checkInteger('a queue', queue.index, 0, layout.limits.queuesMax - 1)
}

/** @throws ERR_BAD_OPTION for an option of the wrong type */
export function checkTypes({ ports, columns, debug, handleSignals, signal }: Given): void {
  if (ports != null && !(Array.isArray(ports) && ports.every((port) => port instanceof Port)))
    throw bad('ports is a list of ports that open() returned, in the order in which verdicts name them')
  if (
    columns !== undefined &&
    !(Array.isArray(columns) && columns.every((column) => typeof column === 'string'))
  )
    throw bad("columns is a list of names, such as ['hash', 'vlan']")
  for (const [name, flag] of Object.entries({ debug, handleSignals }))
    if (flag !== undefined && typeof flag !== 'boolean')
      throw bad(`${name} is true or false, not of type ${typeof flag}`)
  if (
    signal != null &&
    !(isObject(signal) && typeof signal.throwIfAborted === 'function' && 'addEventListener' in signal)
  )
    throw bad('signal is an AbortSignal, as AbortController.signal and AbortSignal.timeout() are')
}
