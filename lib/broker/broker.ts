// The keeper: holds ports with its privileges, and serves a program that has none through a door.
import { randomUUID } from 'node:crypto'
import type { Port } from '../control/port.js'
import { RxburstError } from '../errors.js'
import type { Grant, GrantedRule } from '../grant/plugin-socket.js'
import { native } from '../native.js'

type Answer = [message: string, descriptor: number, close: boolean]
const say = (message: string): Answer => [message, -1, false]

export class Keeper {
  readonly #ports: ReadonlyMap<string, Port>
  /** What stays with the kernel whatever the program asks for. */
  readonly #kept = new Map<Port, readonly string[]>()
  readonly #takeAll: boolean

  /** @param ports what is granted; with every rule that it has to keep whatever the program asks for */
  constructor(ports: readonly Port[], takeAll: boolean) {
    this.#ports = new Map(ports.map((port) => [port.info.nic, port]))
    for (const port of ports) {
      const kept = port.steer.rules.filter((rule) => rule.action === 'keep')
      this.#kept.set(
        port,
        kept.map((rule) => rule.expression),
      )
    }
    this.#takeAll = takeAll
  }

  /**
   * Lets that user's processes in, by the path returned: from here on packets reach the sockets that they put into the maps; until
   * then the kernel has them.
   */
  open(user: number): string {
    for (const port of this.#ports.values()) native.attachPort(port.id)
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

  #answer(message: string): Answer {
    const [request, name, queue] = message.split(',')
    const port = this.#ports.get(name)
    switch (request) {
      case '/connect':
        return say('/host_ok')
      case '/version':
        return say('0.1')
      case '/fin':
        return say('/fin_ack')
      case '/grants':
        return say(JSON.stringify([...this.#ports].map(grantOf)))
      case '/xsk_map_fd':
        return port ? ['/fd_ack', native.portMaps(port.id)[0], false] : say('/fd_nak')
      case '/rules_map_fd': {
        const counters = port ? native.portMaps(port.id)[1] : -1
        return counters >= 0 ? ['/fd_ack', counters, false] : say('/fd_nak')
      }
      case '/xsk_socket':
        if (!port?.queues.some(({ index }) => index === Number(queue))) return say('/fd_nak')
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
      const port = this.#ports.get(name)
      if (!port) throw new RxburstError('ERR_DOOR', `${name} was not granted`)
      if (!this.#takeAll && (steer.length === 0 || steer.some((expression) => expression.trim() === '')))
        throw new RxburstError(
          'ERR_TAKE_ALL',
          `${name} was granted for some packets only; grant all of them with --take-all`,
        )
      port.steer.setNow({ steer, keep: [...new Set([...this.#kept.get(port)!, ...keep])] })
      return rulesOf(port)
    } catch (error) {
      const { code = 'ERR_SYSTEM', message } = error as RxburstError
      return { code, message }
    }
  }
}

const rulesOf = (port: Port): GrantedRule[] =>
  port.steer.rules.map(({ expression, action, slot }) => ({ expression, action, slot }))

const grantOf = ([name, port]: [string, Port]): Grant => ({
  interface: name,
  queues: port.queues.map((queue) => queue.index),
  rules: rulesOf(port),
})
