// One worker thread as the main thread sees it: started, ready, gone.
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { RxburstError } from '../errors.js'
import type { PlainError, WorkerBoot, WorkerMessage } from '../worker/start.js'

export interface Member {
  /** Its number in native code. */
  id: number
  /** Names of the loss counters, slot by slot. */
  losses: string[][]
  thread: Worker
  /** Our way to the worker, apart from the processor's. */
  channel: MessagePort
  /** Resolves when it polls; rejects with what kept it from that. */
  ready: Promise<void>
  /** Resolves when its processor wants the data plane to end. */
  asked: Promise<void>
  /** Resolves when the thread has ended, with its error if there was one. */
  gone: Promise<Error | undefined>
}

/** A worker's error crosses threads as plain data; this makes an error of it again. */
function revive({ name, message, code, stack, cause }: PlainError): Error {
  const options = cause && { cause: revive(cause) }
  const error =
    name === 'RxburstError' && code
      ? new RxburstError(code, message, options)
      : Object.assign(new Error(message, options), { name, ...(code ? { code } : {}) })
  if (stack) error.stack = stack
  return error
}

/** What a timer or a promise of the worker threw, outside its handler. */
function fromOutside(boot: Boot, cause: Error & { code?: string }): Error {
  if (typeof cause.code === 'string') return cause
  const what = `worker ${boot.index} threw outside its handler ${cause.name}: ${cause.message}`
  return new RxburstError('ERR_PROCESSOR', `${boot.processor}: ${what}`, { cause })
}

type Boot = Omit<WorkerBoot, 'channel'>

function canBeCloned(data: unknown): boolean {
  try {
    structuredClone(data)
    return true
  } catch {
    return false
  }
}

/** The thread, and our end of the channel to it. */
function startThread(boot: Boot): { thread: Worker; channel: MessagePort } {
  const { port1: channel, port2 } = new MessageChannel()
  try {
    const thread = new Worker(new URL('../worker/main.js', import.meta.url), {
      workerData: { rxburst: { ...boot, channel: port2 } },
      transferList: [port2],
      name: `rxburst-${boot.index}`,
    })
    return { thread, channel }
  } catch (error) {
    channel.close()
    if (canBeCloned(boot.data)) throw error
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `the data of worker ${boot.index} can't be handed to its thread: ${(error as Error).message}. It is cloned, so it holds no functions and no ports: give numbers, strings, plain objects, typed arrays or a SharedArrayBuffer`,
      { cause: error },
    )
  }
}

/**
 * Starts the thread of a planned worker.
 * @param said gets what the processor posts to its `parentPort`
 * @throws ERR_BAD_OPTION when its data can't be cloned
 */
export function startMember(boot: Boot, losses: string[][], said: (message: unknown) => void): Member {
  const { thread, channel } = startThread(boot)
  let becameReady!: () => void
  let failed!: (error: Error) => void
  let askToStop!: () => void
  const ready = new Promise<void>((resolve, reject) => {
    becameReady = resolve
    failed = reject
  })
  ready.catch(() => {}) // whoever waits for it hears of it
  const asked = new Promise<void>((resolve) => {
    askToStop = resolve
  })
  const gone = new Promise<Error | undefined>((resolve) => {
    let error: Error | undefined
    let ended = false
    const hear = (message: WorkerMessage) => {
      if (message.type === 'ready') becameReady()
      else if (message.type === 'stop') askToStop()
      else ended = true
      if (message.type === 'error') error = revive(message.error)
    }
    channel.on('message', hear)
    channel.unref() // the thread keeps the process alive, not its channel
    thread.on('message', said)
    thread.on('error', (thrown: Error) => {
      error = fromOutside(boot, thrown)
    })
    thread.on('exit', (code) => {
      // Node reads what is left of parentPort before it says 'exit', and of no other port.
      for (let left = receiveMessageOnPort(channel); left; left = receiveMessageOnPort(channel))
        hear(left.message)
      channel.close()
      if (!ended)
        error ??= new RxburstError(
          'ERR_WORKER_DIED',
          `worker ${boot.index} ended by itself (exit code ${code})`,
        )
      if (error) failed(error)
      resolve(error)
    })
  })
  return { id: boot.id, losses, thread, channel, ready, asked, gone }
}
