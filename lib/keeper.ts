// The keeper: holds a port with its privileges, and serves a program that has none through a door.
import { randomUUID } from 'node:crypto'
import type { Grant, GrantedRule } from './door.js'
import type { RxburstError } from './errors.js'
import { native } from './native.js'
import type { Port } from './port.js'

type Answer = [message: string, descriptor: number, close: boolean]
const say = (message: string): Answer => [message, -1, false]

export class Keeper {
  readonly #port: Port
  readonly #name: string
  readonly #kept: string[]
  readonly #takeAll: boolean

  /** @param port what is granted; with every rule that it has to keep whatever the program asks for */
  constructor(port: Port, takeAll: boolean) {
    this.#port = port
    this.#name = port.info.nic
    this.#kept = port.steer.rules.filter((rule) => rule.action === 'keep').map((rule) => rule.expression)
    this.#takeAll = takeAll
  }

  /**
   * Lets that user's processes in, by the path returned: from here on packets reach the sockets that they put into the map; until
   * then the kernel has them.
   */
  open(user: number): string {
    native.attachPort(this.#port.id)
    // A name and no file: it is gone with this process, and reaches whatever the program starts in its turn.
    const path = `@rxburst-${process.pid}-${randomUUID()}`
    native.doorKeep(path, user, (message) => {
      try {
        return this.#answer(message)
      } catch (error) {
        return say(`/nak ${(error as Error).message}`)
      }
    })
    return path
  }

  async close(): Promise<void> {
    if (!this.#port.closed) native.detachPort(this.#port.id)
    await this.#port.close()
  }

  #grant(): Grant {
    return {
      interface: this.#name,
      queues: this.#port.queues.map((queue) => queue.index),
      rules: this.#rules(),
    }
  }

  #rules(): GrantedRule[] {
    return this.#port.steer.rules.map(({ expression, action, slot }) => ({ expression, action, slot }))
  }

  #answer(message: string): Answer {
    const [request, name, queue] = message.split(',')
    const [sockets, counters] = native.portMaps(this.#port.id)
    switch (request) {
      case '/connect':
        return say('/host_ok')
      case '/version':
        return say('0.1')
      case '/fin':
        return say('/fin_ack')
      case '/grants':
        return say(JSON.stringify([this.#grant()]))
      case '/xsk_map_fd':
        return name === this.#name ? ['/fd_ack', sockets, false] : say('/fd_nak')
      case '/rules_map_fd':
        return name === this.#name && counters >= 0 ? ['/fd_ack', counters, false] : say('/fd_nak')
      case '/xsk_socket':
        if (name !== this.#name || !this.#grant().queues.includes(Number(queue))) return say('/fd_nak')
        return ['/fd_ack', native.xdpSocket(), true]
      case '/rules':
        return say(JSON.stringify(this.#setRules(message.slice(request.length + 1))))
      default:
        return say('/nak')
    }
  }

  // What was kept stays kept, and a program that was granted some packets can't ask for all.
  #setRules(text: string): GrantedRule[] | { code: string; message: string } {
    try {
      const {
        interface: name,
        steer,
        keep,
      } = JSON.parse(text) as { interface: string; steer: string[]; keep: string[] }
      if (name !== this.#name) return { code: 'ERR_DOOR', message: `${name} was not granted` }
      if (!this.#takeAll && (steer.length === 0 || steer.some((expression) => expression.trim() === '')))
        return {
          code: 'ERR_TAKE_ALL',
          message: `${name} was granted for some packets only; grant all of them with --take-all`,
        }
      this.#port.steer.setNow({ steer, keep: [...new Set([...this.#kept, ...keep])] })
      return this.#rules()
    } catch (error) {
      const { code = 'ERR_SYSTEM', message } = error as RxburstError
      return { code, message }
    }
  }
}
