// Actions of a worker: equal steps are one action, and an action that nothing names is gone.
import { RxburstError } from '../errors.js'
import { native } from '../native.js'
import { type ActionCode, encodeSteps } from './action-code.js'
import type { Step } from './steps.js'

/** The state of an action. */
export interface ActionStats {
  /** Flows that name it. */
  readonly flows: number
  /** Packets that its meter dropped. */
  readonly metered: number
  /** Packets that were shown because a step could not handle them. */
  readonly unfit: number
}

/** The treatment of the packets of flows: steps and a verdict. flows.action() makes it. */
export class Action {
  /** @internal Its number in native code. */
  readonly number: number
  /** @internal */
  needsParam: boolean
  #text: string
  readonly #forget: (action: Action) => void

  /** @internal */
  constructor(number: number, { param, text }: ActionCode, forget: (action: Action) => void) {
    this.number = number
    this.needsParam = param
    this.#text = text
    this.#forget = forget
  }

  /** Its steps: 'dnat, ttl, tx(1)'. */
  get text(): string {
    return this.#text
  }

  /**
   * Other steps for all its flows, from the next packet on. The flows stay; that takes one write, however many there
   * are.
   * @throws ERR_BAD_ACTION, ERR_NO_TX_QUEUE
   */
  set(...steps: Step[]): void {
    const encoded = encodeSteps(steps)
    if (encoded.param && !this.needsParam)
      throw new RxburstError(
        'ERR_BAD_ACTION',
        'PARAM: the flows of this action were made without a parameter',
      )
    native.workers.flows.setAction({ action: this.number, steps: encoded.code })
    this.#forget(this)
    this.#text = encoded.text
  }

  /** All its flows end, with reason 'generation': the next packet of each is shown to the handler. One write. */
  invalidate(): void {
    native.workers.flows.invalidateAction(this.number)
  }

  /** The state of the action. One native call. */
  get stats(): ActionStats {
    return native.workers.flows.actionCounts(this.number)
  }
}

/** The actions of one worker. */
export class Actions {
  readonly #worker: number
  readonly #byKey = new Map<string, WeakRef<Action>>()
  readonly #keys = new WeakMap<Action, string>()
  readonly #gone = new FinalizationRegistry<{ number: number; key: string }>(({ number, key }) => {
    if (this.#byKey.get(key)?.deref() === undefined) this.#byKey.delete(key)
    try {
      native.workers.flows.release(number)
    } catch {
      // The worker has finished, and its actions with it.
    }
  })

  constructor(worker: number) {
    this.#worker = worker
  }

  of(encoded: ActionCode): Action {
    const known = this.#byKey.get(encoded.key)?.deref()
    if (known) return known
    const number = native.workers.flows.action({ worker: this.#worker, steps: encoded.code })
    const action = new Action(number, encoded, (changed) => {
      const key = this.#keys.get(changed)!
      if (this.#byKey.get(key)?.deref() === changed) this.#byKey.delete(key)
    })
    this.#byKey.set(encoded.key, new WeakRef(action))
    this.#keys.set(action, encoded.key)
    this.#gone.register(action, { number, key: encoded.key })
    return action
  }
}
