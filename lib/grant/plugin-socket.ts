// The socket of a process with privileges, as its client sees it: asks for grants, rules and descriptors. The requests
// are those of the AF_XDP device plugin for Kubernetes (handshake version 0.1), and a few more that only rxburst's own
// broker answers.
import { hostname } from 'node:os'
import { RxburstError } from '../errors.js'
import { type Answer, type Handed, native } from '../native.js'

/**
 * The variable with the path of the broker's socket, in the environment of a program under `rxburst grant` and of its
 * children.
 */
export const GRANT = 'RXBURST_GRANT'
const HANDSHAKE = '0.1'
const FRAMES_MIN = 256

export interface GrantedRule {
  expression: string
  action: 'steer' | 'pass'
  slot: number
}

/** What a process without privilege may use. */
export interface Grant {
  interface: string
  queues: number[]
  rules: GrantedRule[]
}

let inherited: PluginSocket | null | undefined

export class PluginSocket {
  readonly #end: number
  readonly #broker: string
  readonly #path: string
  #closed = false

  private constructor(end: number, broker: string, path: string) {
    this.#end = end
    this.#broker = broker
    this.#path = path
  }

  /**
   * The broker that this process was started by, if any.
   * @throws ERR_GRANT when the broker has ended
   */
  static get inherited(): PluginSocket | undefined {
    const path = process.env[GRANT]
    inherited ??=
      path === undefined ? null : new PluginSocket(native.grant.connect(path), 'rxburst grant', path)
    return inherited ?? undefined
  }

  /** Another connection to the same broker. The caller closes it. */
  another(): PluginSocket {
    return new PluginSocket(native.grant.connect(this.#path), this.#broker, this.#path)
  }

  /** Hangs up: the broker takes back what it gave by this connection. Twice is fine. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    native.system.closeDescriptor(this.#end)
  }

  /** Asks a device plugin for the XSKMAP of an interface of this pod; the conversation is over then. */
  static mapFromPlugin(path: string, interfaceName: string): number {
    const end = native.grant.connect(path)
    const plugin = new PluginSocket(end, path, path)
    try {
      const host = plugin.#ask(`/connect,${hostname()}`).answer
      if (host !== '/host_ok')
        throw new RxburstError(
          'ERR_GRANT',
          `${path} does not know the pod '${hostname()}' (it answers ${host}): the pod's resources must name its device`,
        )
      const version = plugin.#ask('/version').answer
      if (version !== HANDSHAKE)
        throw new RxburstError(
          'ERR_GRANT',
          `${path} speaks version '${version}' of the handshake; this is version ${HANDSHAKE}`,
        )
      return plugin.#descriptor(`/xsk_map_fd,${interfaceName}`)
    } finally {
      try {
        plugin.#ask('/fin')
      } catch {
        // it has left already
      }
      plugin.close()
    }
  }

  #grants(): Grant[] {
    return this.#json('/grants') as Grant[]
  }

  /** What was granted on an interface. */
  grant(interfaceName: string): Grant | undefined {
    return this.#grants().find((grant) => grant.interface === interfaceName)
  }

  /** Frames that a process without privilege may lock: every queue's socket counts the whole arena. */
  framesThatFit(frameSize: number): number {
    const limit = native.system.memlockBytes()
    const queues = this.#grants().reduce((sum, grant) => sum + grant.queues.length, 0)
    return limit < 0 ? Number.POSITIVE_INFINITY : Math.max(FRAMES_MIN, Math.floor(limit / frameSize / queues))
  }

  /** Descriptors of what was granted. The connection stays open for AF_XDP sockets. */
  handed({ interface: name }: Grant): Handed {
    return { xskmap: -1, counters: this.#descriptor(`/rules_map_fd,${name}`), broker: this.#end }
  }

  /** Has the broker put other rules in force; the answer says which there are now. */
  setRules(interfaceName: string, steer: readonly string[], pass: readonly string[]): GrantedRule[] {
    const answer = this.#json(`/rules,${JSON.stringify({ interface: interfaceName, steer, pass })}`) as
      | GrantedRule[]
      | { code: string; message: string }
    if ('code' in answer) throw new RxburstError(answer.code, answer.message)
    return answer
  }

  #json(request: string): unknown {
    const { answer } = this.#ask(request)
    if (/^[[{]/.test(answer)) return JSON.parse(answer)
    throw new RxburstError('ERR_GRANT', `${this.#broker} answers ${answer} to ${request}`)
  }

  #ask(message: string): Answer {
    return native.grant.ask({ socket: this.#end, message })
  }

  #descriptor(request: string): number {
    const { answer, descriptor } = this.#ask(request)
    if (answer !== '/fd_ack' || descriptor < 0)
      throw new RxburstError('ERR_GRANT', `${this.#broker} answers ${answer} to ${request}`)
    return descriptor
  }
}
