// Ports that lose their interface: notices it within a second, tells who uses the port, and attaches it again where
// that is wanted.
import { setTimeout as sleep } from 'node:timers/promises'
import { RxburstError } from '../errors.js'
import { isHeard, publish } from '../events.js'
import { native } from '../native.js'

/**
 * The reaction of a data plane to the loss of a port: its `done` rejects ('fail'), or it waits until the port is back
 * ('wait').
 */
export type OnLost = 'fail' | 'wait'

/** An event of port.watchInterface(): the port has lost its interface, or has it back. */
export interface PortEvent {
  /** Which of the two happened. */
  readonly type: 'lost' | 'back'
  /** The reason, as a sentence. */
  readonly reason: string
}

/** A data plane, as the port that it uses sees it. */
export interface PortUser {
  /** Numbers, in native code, of the workers that own queues of the port. */
  readonly workers: readonly number[]
  readonly onLost: OnLost
  /** Is told of the loss when it does not wait, or would wait in vain. */
  fail(error: RxburstError): void
}

const LOOK_MS = 250 // a loss is noticed within a second, also on a busy main thread
const REBIND_LOOK_MS = 2

/** Throws ERR_BAD_OPTION for anything but 'fail' and 'wait'. */
export function checkOnLost(where: string, onLost: unknown): OnLost | undefined {
  if (onLost === undefined || onLost === 'fail' || onLost === 'wait') return onLost
  throw new RxburstError('ERR_BAD_OPTION', `${where}: onLost is 'fail' or 'wait', not '${String(onLost)}'`)
}

/** Watches one port, as long as anybody wants to know. */
export class PortWatch {
  readonly #id: number
  readonly #name: string
  readonly #rebinds: boolean
  readonly #renew: () => void
  readonly #users = new Set<PortUser>()
  readonly #handlers = new Set<(event: PortEvent) => void>()
  #waiting = 0
  #timer: NodeJS.Timeout | undefined
  #why = ''
  #forGood = false
  #restoring = false
  #closed = false
  #link: string | undefined

  /**
   * @param rebinds it can attach again
   * @param renew called when the interface is back, before packets are let in; throws when it is not fit yet
   */
  constructor(id: number, { name, rebinds }: { name: string; rebinds: boolean }, renew: () => void) {
    this.#id = id
    this.#name = name
    this.#rebinds = rebinds
    this.#renew = renew
  }

  /** Whether the port is lost; looks now. */
  get lost(): boolean {
    if (!this.#why) this.#look()
    return this.#why !== ''
  }

  /** What a data plane rejects with that does not wait. */
  error(cause?: unknown): RxburstError {
    const again = 'Close the port and open it again when that is mended'
    const wait = this.#rebinds ? ", or let it wait: onLost: 'wait', --on-lost wait" : ''
    const mend = this.#forGood ? 'Start it again' : `${again}${wait}`
    const message = `${this.#name} is lost: ${this.#why}. ${mend}.`
    return new RxburstError('ERR_PORT_LOST', message, cause === undefined ? undefined : { cause })
  }

  /** Is told of each loss from now on; of one that is there already at once. The function returned ends it. */
  use(user: PortUser): () => void {
    this.#users.add(user)
    this.#settle()
    if (this.#why) this.#tell(user)
    return () => {
      this.#users.delete(user)
      this.#settle()
    }
  }

  /** Calls back for each event from now on, until the returned function is called or the port is closed. */
  on(handler: (event: PortEvent) => void): () => void {
    this.#handlers.add(handler)
    this.#settle()
    return () => {
      this.#handlers.delete(handler)
      this.#settle()
    }
  }

  /** Waits until the port is not lost; rejects when it never will be again, or when `signal` is aborted. */
  async there(signal?: AbortSignal): Promise<void> {
    this.#waiting++
    this.#settle()
    try {
      while (this.lost) {
        if (this.#forGood) throw this.error()
        await sleep(LOOK_MS, undefined, { signal }).catch(() => {})
        signal?.throwIfAborted()
      }
    } finally {
      this.#waiting--
      this.#settle()
    }
  }

  close(): void {
    this.#closed = true
    this.#handlers.clear()
    this.#settle()
  }

  #settle(): void {
    const wanted = !this.#closed && this.#users.size + this.#handlers.size + this.#waiting > 0
    if (wanted) this.#timer ??= setInterval(() => this.#tick(), LOOK_MS).unref()
    else clearInterval(this.#timer)
    if (!wanted) this.#timer = undefined
  }

  /** Tells of a link that changed since the last look; nobody asks the device while nobody listens. */
  #lookAtLink(): void {
    if (!isHeard('link')) {
      this.#link = undefined
      return
    }
    const now = native.ports.describe({ port: this.#id, linkOnly: true }) ?? undefined
    if (now !== undefined && this.#link !== undefined && now !== this.#link)
      publish('link', { event: 'changed', port: this.#name, link: JSON.parse(now).link ?? null })
    this.#link = now
  }

  #tick(): void {
    this.#lookAtLink()
    if (!this.lost || this.#restoring || this.#forGood) return
    const waited = this.#waiting > 0 || [...this.#users].some((user) => user.onLost === 'wait')
    if (!waited) return
    this.#restoring = true
    void this.#restore().finally(() => {
      this.#restoring = false
    })
  }

  #look(): void {
    const loss = this.#closed || this.#restoring ? null : native.ports.loss(this.#id)
    if (!loss) return
    const { why, forGood } = loss
    this.#why = why
    this.#forGood = forGood
    native.ports.lose(this.#id)
    this.#emit({ type: 'lost', reason: `${this.#name} is lost: ${why}` })
    for (const user of [...this.#users]) this.#tell(user)
  }

  #tell(user: PortUser): void {
    if (user.onLost === 'fail' || this.#forGood) user.fail(this.error())
    else for (const worker of user.workers) native.workers.requestRebind(worker)
  }

  // Not yet is not an error: an interface that was made anew is down at first, and its MTU not set.
  async #restore(): Promise<void> {
    if (native.ports.reopen(this.#id) !== '') return
    if (!(await this.#attach())) {
      this.#retreat()
      return
    }
    const reason = `${this.#name} is back, after ${this.#why}`
    this.#why = ''
    this.#emit({ type: 'back', reason })
  }

  /** Opens every queue again, and lets packets in. */
  async #attach(): Promise<boolean> {
    try {
      this.#renew()
    } catch {
      return false
    }
    const workers = this.#workers()
    for (const worker of workers) native.workers.requestRebind(worker)
    for (const worker of workers) {
      let failed = native.workers.rebindResult(worker)
      for (; failed === null; failed = native.workers.rebindResult(worker)) await sleep(REBIND_LOOK_MS)
      if (failed !== '') return false
    }
    return !this.#closed && native.ports.reattach(this.#id) === ''
  }

  #retreat(): void {
    if (this.#closed) return
    native.ports.lose(this.#id)
    for (const worker of this.#workers()) native.workers.requestRebind(worker)
  }

  #workers(): number[] {
    return [...this.#users].flatMap((user) => user.workers)
  }

  #emit(event: PortEvent): void {
    publish('port', { event: event.type, port: this.#name, reason: event.reason })
    for (const handler of [...this.#handlers]) handler(event)
  }
}
