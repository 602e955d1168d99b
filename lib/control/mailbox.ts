// What the processors of a data plane say to the program that runs them, by `parentPort.postMessage()`.
import { EventEmitter } from 'node:events'
import { nearest, RxburstError } from '../errors.js'

/** The events of a data plane, and what their listeners get. */
export interface PlaneEvents {
  /** A processor called `parentPort.postMessage(message)`; `worker` is its worker's index. */
  message: [message: unknown, worker: number]
}

const EVENTS: readonly (keyof PlaneEvents)[] = ['message']
const EARLY_MAX = 1024 // messages that came before anybody listened; what comes after them is lost

/** Hands messages to listeners, and keeps those that come before the first listener does. */
export class Mailbox {
  readonly #events = new EventEmitter()
  #early: PlaneEvents['message'][] | undefined = []

  deliver(message: unknown, worker: number): void {
    if (!this.#early) this.#events.emit('message', message, worker)
    else if (this.#early.length < EARLY_MAX) this.#early.push([message, worker])
  }

  on<E extends keyof PlaneEvents>(event: E, listener: (...args: PlaneEvents[E]) => void): void {
    if (!EVENTS.includes(event)) {
      const meant = nearest(String(event), EVENTS)
      throw new RxburstError(
        'ERR_BAD_ARGUMENT',
        `a data plane has no event '${String(event)}'${meant ? `; did you mean '${meant}'?` : '.'} It has ${EVENTS.join(', ')}.`,
      )
    }
    this.#events.on(event, listener as (...args: unknown[]) => void)
    const early = this.#early ?? []
    this.#early = undefined
    for (const args of early) this.#events.emit('message', ...args)
  }

  off<E extends keyof PlaneEvents>(event: E, listener: (...args: PlaneEvents[E]) => void): void {
    this.#events.off(event, listener as (...args: unknown[]) => void)
  }
}
