// What the main thread hands to a worker thread when it starts it.
import type { MessagePort } from 'node:worker_threads'
import type { NicOrder } from '../flows/nic.js'
import type { ArenaInfo } from '../native.js'
import type { PortDescription, QueueDescription } from './description.js'

export interface WorkerStart {
  readonly memory: WebAssembly.Memory
  readonly arena: Pick<ArenaInfo, 'frameSize' | 'frameCount' | 'framesAt'>
  /** Byte offset of the worker's block. */
  readonly blockAt: number
  readonly id: number
  readonly index: number
  /** How many workers the data plane has. */
  readonly workers: number
  /** Where the two directions of a flow meet. */
  readonly directions: 'spread' | 'meet'
  readonly processor: string
  readonly ports: readonly PortDescription[]
  readonly queues: readonly QueueDescription[]
  readonly data: unknown
  readonly debug: boolean
  /** Memory for histograms, and of which queues packets have timestamps; absent: nothing is measured. */
  readonly measured?: { readonly buffer: SharedArrayBuffer; readonly timed: readonly boolean[] }
  /** Cells of the processor's own counters. */
  readonly counters: SharedArrayBuffer
  /** Ours alone: `parentPort` is the processor's. */
  readonly channel: MessagePort
}

export interface PlainError {
  name: string
  message: string
  code?: string
  stack?: string
  cause?: PlainError
}

/**
 * What a worker tells the main thread. `counter`: its processor has made the next counter of its own. `stop`: its
 * processor wants the data plane to end. `ended`: all its ports are files, which have given all they have.
 * `flows`: an order of the main thread's, about flows or captures, is carried out. `nic`: rules of a NIC that its flows
 * want.
 */
export type WorkerMessage =
  | { type: 'ready' }
  | { type: 'counter'; name: string }
  | { type: 'stop' }
  | { type: 'ended' }
  | { type: 'done' }
  | { type: 'flows'; order: number; error?: PlainError; answer?: unknown }
  | { type: 'nic'; orders: NicOrder[] }
  | { type: 'error'; error: PlainError }
