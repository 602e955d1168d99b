// One worker thread as the main thread sees it: started, ready, gone.
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { RxburstError } from '../errors.js'
import type { FlowOrder } from '../flows/flows.js'
import type { NicOrder } from '../flows/nic.js'
import type { TapOrder } from '../native.js'
import type { WorkerMessage, WorkerStart } from '../worker/start.js'
import { codeIn, noDescriptors, revive, toPlain, wordsOf } from '../worker/thrown.js'
import type { NicFlows } from './nic-flows.js'
import type { OwnCounters, Place } from './stats/counters.js'

const COUNT_MS = 1000

/** What went wrong first in a worker. */
export interface Failure {
  error: RxburstError
  /** When the main thread heard of it, by performance.now(). */
  at: number
  /** The thread ended, or was ended, without a word. */
  died: boolean
}

export interface WorkerThread {
  /** Its number in native code. */
  id: number
  /** Names of the loss counters, slot by slot. */
  losses: string[][]
  /** The queue of each slot. */
  places: readonly Place[]
  /** Counters of its processor's own, in the order of their cells. */
  own: OwnCounters
  /** Where it measures, and of which queues packets have timestamps; undefined: it does not. */
  measured: WorkerStart['measured']
  thread: Worker
  /** Our way to the worker, apart from the processor's. */
  channel: MessagePort
  /** Resolves when it polls; rejects with what kept it from that. */
  ready: Promise<void>
  /** Resolves when its processor wants the data plane to end. */
  asked: Promise<void>
  /** Resolves when nothing can come to it any more, and it has processed all of it. */
  idle: Promise<void>
  /** Resolves when it has closed its queues, or its thread has ended. */
  ended: Promise<void>
  /** Has its flows obey; resolves with their answer when they have. */
  order(flows: FlowOrder): Promise<unknown>
  /** Has it write for a capture, or no more; resolves when it does so. */
  tap(order: TapOrder): Promise<void>
  /** Resolves when the thread has ended, with what went wrong, if anything did. */
  gone: Promise<Failure | undefined>
}

/**
 * What the thread itself ended with: a timer or a promise of the worker threw outside its handler, or Node could not
 * run it.
 */
function fromOutside(start: Start, thrown: unknown): RxburstError {
  const code = codeIn(thrown)
  const where = `worker ${start.index}`
  const cause = { cause: thrown }
  // Only before it has loaded anything: later the thread tells its errors itself.
  if (noDescriptors(thrown))
    return new RxburstError(
      'ERR_NO_DESCRIPTORS',
      `${where} can't be started: ${wordsOf(thrown)}. \`ulimit -n\` shows the limit and raises it.`,
      cause,
    )
  if (code?.startsWith('ERR_WORKER_'))
    return new RxburstError(
      'ERR_WORKER_DIED',
      `${where} was ended by Node: ${wordsOf(thrown)} (${code})`,
      cause,
    )
  if (code !== undefined) return revive(toPlain(thrown))
  const what = `${where} threw outside its handler ${wordsOf(thrown)}`
  return new RxburstError('ERR_PROCESSOR', `${start.processor}: ${what}`, cause)
}

type Start = Omit<WorkerStart, 'channel'>

function canBeCloned(data: unknown): boolean {
  try {
    structuredClone(data)
    return true
  } catch {
    return false
  }
}

/** The thread, and our end of the channel to it. */
function startThread(start: Start): { thread: Worker; channel: MessagePort } {
  const { port1: channel, port2 } = new MessageChannel()
  try {
    const thread = new Worker(new URL('../worker/main.js', import.meta.url), {
      workerData: { rxburst: { ...start, channel: port2 } },
      transferList: [port2],
      name: `rxburst-${start.index}`,
    })
    return { thread, channel }
  } catch (error) {
    channel.close()
    if (canBeCloned(start.data))
      throw new RxburstError('ERR_SYSTEM', `worker ${start.index} can't be started: ${wordsOf(error)}`, {
        cause: error,
      })
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `the data of worker ${start.index} can't be handed to its thread: ${(error as Error).message}. It is cloned, so it holds no functions and no ports: give numbers, strings, plain objects, typed arrays or a SharedArrayBuffer`,
      { cause: error },
    )
  }
}

/**
 * Starts the thread of a planned worker.
 * @param said gets what the processor posts to its `parentPort`
 * @throws ERR_BAD_OPTION when its data can't be cloned
 */
export function startWorkerThread(
  start: Start,
  { losses, places, nic }: { losses: string[][]; places: readonly Place[]; nic: NicFlows },
  said: (message: unknown) => void,
): WorkerThread {
  const own: OwnCounters = { names: [], cells: new Float64Array(start.counters) }
  const { thread, channel } = startThread(start)
  let becameReady!: () => void
  let failed!: (error: Error) => void
  let askToStop!: () => void
  let becameIdle!: () => void
  const ready = new Promise<void>((resolve, reject) => {
    becameReady = resolve
    failed = reject
  })
  ready.catch(() => {}) // whoever waits for it hears of it
  const asked = new Promise<void>((resolve) => {
    askToStop = resolve
  })
  const idle = new Promise<void>((resolve) => {
    becameIdle = resolve
  })
  const orders = new Map<number, (error?: Error, answer?: unknown) => void>()
  let ordered = 0
  const answer = (order: number, error?: Error, answer?: unknown) => {
    orders.get(order)?.(error, answer)
    orders.delete(order)
  }
  let closed: RxburstError | undefined
  const order = (flows: FlowOrder) =>
    new Promise<unknown>((resolve, reject) => {
      if (closed) throw closed
      orders.set(++ordered, (error, answer) => (error ? reject(error) : resolve(answer)))
      channel.postMessage({ order: ordered, flows })
    })
  const tap = (tapped: TapOrder) =>
    new Promise<void>((resolve, reject) => {
      if (closed) throw closed
      orders.set(++ordered, (error) => (error ? reject(error) : resolve()))
      channel.postMessage({ order: ordered, tap: tapped })
    })
  let over!: () => void
  const ended = new Promise<void>((resolve) => {
    over = resolve
  })
  const gone = new Promise<Failure | undefined>((resolve) => {
    let failure: Failure | undefined
    let finished = false
    const fail = (error: RxburstError, died = false) => {
      failure ??= { error, at: performance.now(), died }
      failed(failure.error)
    }
    const hear = (message: WorkerMessage) => {
      if (message.type === 'ready') becameReady()
      else if (message.type === 'counter') own.names.push(message.name)
      else if (message.type === 'stop') askToStop()
      else if (message.type === 'ended') becameIdle()
      else if (message.type === 'nic') obey(message.orders)
      else if (message.type === 'flows')
        answer(message.order, message.error && revive(message.error), message.answer)
      else {
        finished = true
        if (message.type === 'error') fail(revive(message.error))
        over()
      }
    }
    // Its NICs are asked for counts from its first rule on.
    let counting: NodeJS.Timeout | undefined
    const obey = (orders: NicOrder[]) => {
      channel.postMessage({ nic: nic.obey(orders) })
      counting ??= setInterval(() => channel.postMessage({ nic: nic.counts() }), COUNT_MS).unref()
    }
    channel.on('message', hear)
    channel.unref() // the thread keeps the process alive, not its channel
    thread.on('message', said)
    thread.on('error', (thrown: unknown) => fail(fromOutside(start, thrown)))
    thread.on('exit', (code) => {
      // Node reads what is left of parentPort before it says 'exit', and of no other port.
      for (let left = receiveMessageOnPort(channel); left; left = receiveMessageOnPort(channel))
        hear(left.message)
      clearInterval(counting)
      channel.close()
      nic.close()
      if (!finished && !failure)
        fail(
          new RxburstError('ERR_WORKER_DIED', `worker ${start.index} ended by itself (exit code ${code})`),
          true,
        )
      over()
      closed = new RxburstError('ERR_CLOSED', `worker ${start.index} has ended`)
      for (const each of orders.keys()) answer(each, closed)
      resolve(failure)
    })
  })
  return {
    id: start.id,
    losses,
    places,
    own,
    measured: start.measured,
    thread,
    channel,
    ready,
    asked,
    idle,
    ended,
    order,
    tap,
    gone,
  }
}
