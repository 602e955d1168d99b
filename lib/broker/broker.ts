// The broker: holds ports with its privileges, and serves programs of one user that have none, by its socket.
import { unlinkSync } from 'node:fs'
import type { Port } from '../control/port.js'
import { RxburstError } from '../errors.js'
import type { Grant, GrantedRule } from '../grant/plugin-socket.js'
import { type Answer, native } from '../native.js'
import { ClientRules, type Granted } from './client.js'
import { flowsOf, mapOf, queuesOf, socketOf } from './request.js'
import { socketPath } from './socket-path.js'
import { Sockets } from './sockets.js'

const say = (answer: string, descriptor = -1): Answer => ({ answer, descriptor })

export class Broker {
  readonly #granted: ReadonlyMap<string, Granted>
  /** By the number of the connection. */
  readonly #clients = new Map<number, Map<Port, ClientRules>>()
  readonly #sockets = new Sockets((client, port, queue) => this.#attach(client, port, [queue]))
  #path = ''
  #stop = () => {}
  #watches: (() => void)[] = []

  /** @param ports what is granted */
  constructor(ports: readonly Port[], options: { takeAll: boolean; takesFragments: boolean }) {
    this.#granted = new Map(ports.map((port) => [port.info.nic, { port, ...options }]))
  }

  /**
   * Serves that user's processes, at the path returned. From here on packets reach the sockets that are in the maps;
   * until then the kernel has them.
   */
  open(user: number): string {
    for (const { port } of this.#granted.values()) {
      native.ports.attach(port.id)
      // A program notices a loss itself; one that waits needs the XDP program on the interface again.
      this.#watches.push(port.watch.use({ workers: [], onLost: 'wait', fail: () => {} }))
    }
    this.#path = socketPath()
    process.on('exit', this.#shut)
    this.#stop = native.grant.serve({
      path: this.#path,
      user,
      handler: ({ client, message }) => {
        try {
          return message === null ? this.#leave(client) : this.#answer(client, message)
        } catch (error) {
          return say(`/nak ${(error as Error).message}`)
        }
      },
    })
    return this.#path
  }

  readonly #shut = () => {
    this.#stop()
    try {
      unlinkSync(this.#path)
    } catch {
      // it was never made, or is gone
    }
  }

  /** Serves nobody any more. The ports stay open. */
  close(): void {
    this.#shut()
    for (const end of this.#watches.splice(0)) end()
    process.removeListener('exit', this.#shut)
    for (const client of [...this.#clients.keys()]) this.#leave(client)
    this.#sockets.close()
  }

  #rulesOf(client: number, granted: Granted): ClientRules {
    const all = this.#clients.get(client) ?? new Map<Port, ClientRules>()
    this.#clients.set(client, all)
    const rules = all.get(granted.port) ?? new ClientRules(client, granted)
    all.set(granted.port, rules)
    return rules
  }

  #answer(client: number, message: string): Answer {
    const [request, name, ...rest] = message.split(',')
    const granted = this.#granted.get(name)
    const queues = queuesOf(rest)
    switch (request) {
      case '/connect':
        return say('/host_ok')
      case '/version':
        return say('0.1')
      case '/fin':
        return say('/fin_ack')
      case '/grants':
        return say(JSON.stringify([...this.#granted].map(([at, each]) => this.#grantOf(client, at, each))))
      case '/rules_map_fd':
        return granted ? say('/fd_ack', this.#rulesOf(client, granted).counters) : say('/fd_nak')
      case '/flow_map':
        return granted ? this.#flowMap(client, granted, rest) : say('/fd_nak')
      case '/flow_target':
        return granted ? say(this.#flowTarget(client, granted, rest)) : say('/nak')
      case '/xsk_socket':
        return granted ? this.#socket(client, granted.port, rest) : say('/fd_nak')
      case '/xsk_attach':
        return say(granted && queues && this.#attach(client, granted.port, queues) ? '/xsk_ack' : '/xsk_nak')
      case '/xsk_detach':
        if (granted && queues) this.#detach(client, granted.port, queues)
        return say(granted && queues ? '/xsk_ack' : '/xsk_nak')
      case '/rules':
        return say(JSON.stringify(this.#setRules(client, message.slice(request.length + 1))))
      case '/xsk_map_fd': // which no program gets: it would reach the sockets of others
        return say('/fd_nak')
      default:
        return say('/nak')
    }
  }

  #socket(client: number, port: Port, words: readonly string[]): Answer {
    const wanted = socketOf(words)
    if (!wanted || !port.queues.some(({ index }) => index === wanted.queue)) return say('/fd_nak')
    const fd = this.#sockets.make(client, port, wanted.queue, wanted.later)
    return fd < 0 ? say('/fd_nak') : say('/fd_ack', fd)
  }

  /**
   * A map of the client's own, behind its rules: whatever it writes there decides about packets that were granted to
   * it.
   */
  #flowMap(client: number, granted: Granted, words: readonly string[]): Answer {
    const request = flowsOf(words.slice(0, -1))
    const map = mapOf(words.at(-1))
    if (!request || !map) return say('/fd_nak')
    this.#rulesOf(client, granted).serve()
    const fd = native.grant.flowMaps({ port: granted.port.id, client, ...request })[map]
    return fd < 0 ? say('/fd_nak') : say('/fd_ack', fd)
  }

  /** Flows of a client leave by ports that were granted to it, and by no others. */
  #flowTarget(client: number, granted: Granted, words: readonly string[]): string {
    const request = flowsOf(words.slice(1))
    const to = this.#granted.get(words[0])
    if (!request || !to) return '/nak'
    this.#rulesOf(client, granted).serve()
    const place = native.grant.flowTarget({ port: granted.port.id, client, to: to.port.id, ...request })
    return typeof place === 'number' ? `/target,${place}` : `/nak,${place}`
  }

  // The rules first: a packet that finds a socket has met them.
  #attach(client: number, port: Port, queues: readonly number[]): boolean {
    if (!this.#sockets.areReady(client, port, queues)) return false
    const rules = this.#rulesOf(client, this.#granted.get(port.info.nic)!)
    for (const queue of queues) rules.queues.add(queue)
    rules.apply()
    for (const queue of queues) this.#sockets.putIn(client, port, queue)
    return true
  }

  #detach(client: number, port: Port, queues: readonly number[]): void {
    const out = queues.filter((queue) => this.#sockets.takeOut(client, port, queue))
    if (out.length === 0) return
    const rules = this.#clients.get(client)?.get(port)
    for (const queue of out) rules?.queues.delete(queue)
    rules?.apply()
  }

  /** A client has hung up: its sockets leave the maps, and its rules the program. */
  #leave(client: number): Answer {
    this.#sockets.leave(client)
    for (const rules of this.#clients.get(client)?.values() ?? []) rules.end()
    this.#clients.delete(client)
    return say('')
  }

  #setRules(client: number, text: string): readonly GrantedRule[] | { code: string; message: string } {
    try {
      const asked = JSON.parse(text) as { interface: string; steer: string[]; pass: string[] }
      const granted = this.#granted.get(asked.interface)
      if (!granted) throw new RxburstError('ERR_GRANT', `${asked.interface} was not granted`)
      const rules = this.#rulesOf(client, granted)
      rules.set(asked.steer.map(String), asked.pass.map(String))
      return rules.rules
    } catch (error) {
      const { code = 'ERR_SYSTEM', message } = error as RxburstError
      return { code, message }
    }
  }

  #grantOf(client: number, name: string, { port }: Granted): Grant {
    const rules: readonly GrantedRule[] = this.#clients.get(client)?.get(port)?.rules ?? port.steer.specs
    return {
      interface: name,
      queues: port.queues.map((queue) => queue.index),
      rules: rules.map(({ expression, action, slot }) => ({ expression, action, slot })),
    }
  }
}
