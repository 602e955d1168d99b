// The events of a data plane: what its processors say by `parentPort.postMessage()`, and what becomes of its ports.
import { EventEmitter } from 'node:events'
import { nearest, RxburstError } from '../errors.js'
import type { Port } from './port.js'

/** The events of a data plane, with the arguments of their listeners. */
export interface PlaneEvents {
  /** A processor called `parentPort.postMessage(message)`; `worker` is its worker's index. */
  message: [message: unknown, worker: number]
  /**
   * A port lost its interface, its XDP program or its broker; `done` rejects, or with `onLost: 'wait'` the port waits.
   */
  lost: [port: Port, reason: string]
  /** A port that was lost has its interface back. */
  back: [port: Port, reason: string]
}

const EVENTS: readonly (keyof PlaneEvents)[] = ['message', 'lost', 'back']
const EARLY_MAX = 1024 // messages that came before anybody listened; what comes after them is lost

/** Hands messages to listeners, and keeps those that come before the first listener does. */
export class Mailbox {
  readonly #events = new EventEmitter()
  #early: PlaneEvents['message'][] | undefined = []

  deliver(message: unknown, worker: number): void {
    if (!this.#early) this.#events.emit('message', message, worker)
    else if (this.#early.length < EARLY_MAX) this.#early.push([message, worker])
  }

  tell(event: 'lost' | 'back', port: Port, reason: string): void {
    this.#events.emit(event, port, reason)
  }

  on<E extends keyof PlaneEvents>(event: E, listener: (...args: PlaneEvents[E]) => void): void {
    if (!EVENTS.includes(event)) {
      const meant = nearest(String(event), EVENTS)
      throw new RxburstError(
        'ERR_BAD_ARGUMENT',
        `a data plane has no event '${String(event)}'${meant ? `; did you mean '${meant}'?` : '.'} It has ${EVENTS.join(', ')}.`,
      )
    }
    if (typeof listener !== 'function')
      throw new RxburstError(
        'ERR_BAD_ARGUMENT',
        `a listener of '${event}' is a function, not ${typeof listener}`,
      )
    this.#events.on(event, listener as (...args: unknown[]) => void)
    if (event !== 'message') return
    const early = this.#early ?? []
    this.#early = undefined
    for (const args of early) this.#events.emit('message', ...args)
  }

  off<E extends keyof PlaneEvents>(event: E, listener: (...args: PlaneEvents[E]) => void): void {
    if (typeof listener !== 'function') return // then it is nobody's
    this.#events.off(event, listener as (...args: unknown[]) => void)
  }
}
