// One worker thread as the main thread sees it: started, ready, gone.
import { Worker } from 'node:worker_threads'
import type { PlainError, WorkerBoot, WorkerMessage } from './boot.js'
import { RxburstError } from './errors.js'

export interface Member {
  /** Its number in native code. */
  id: number
  /** Names of the loss counters, slot by slot. */
  losses: string[][]
  thread: Worker
  /** Resolves when it polls; rejects with what kept it from that. */
  ready: Promise<void>
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
function fromOutside(boot: WorkerBoot, cause: Error & { code?: string }): Error {
  if (typeof cause.code === 'string') return cause
  const what = `worker ${boot.index} threw outside its handler ${cause.name}: ${cause.message}`
  return new RxburstError('ERR_PROCESSOR', `${boot.processor}: ${what}`, { cause })
}

/** Starts the thread of a planned worker. */
export function startMember(boot: WorkerBoot, losses: string[][]): Member {
  const thread = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: { rxburst: boot },
    name: `rxburst-${boot.index}`,
  })
  let becameReady!: () => void
  let failed!: (error: Error) => void
  const ready = new Promise<void>((resolve, reject) => {
    becameReady = resolve
    failed = reject
  })
  ready.catch(() => {}) // whoever waits for it hears of it
  const gone = new Promise<Error | undefined>((resolve) => {
    let error: Error | undefined
    let ended = false
    thread.on('message', (message: WorkerMessage) => {
      if (message.type === 'ready') becameReady()
      else ended = true
      if (message.type === 'error') error = revive(message.error)
    })
    thread.on('error', (thrown: Error) => {
      error = fromOutside(boot, thrown)
    })
    thread.on('exit', (code) => {
      if (!ended)
        error ??= new RxburstError(
          'ERR_WORKER_DIED',
          `worker ${boot.index} ended by itself (exit code ${code})`,
        )
      if (error) failed(error)
      resolve(error)
    })
  })
  return { id: boot.id, losses, thread, ready, gone }
}
