// The door to a process with privilege: what it grants, and what it does for us. The requests are those of the AF_XDP device
// plugin for Kubernetes (handshake version 0.1), and a few more that only rxburst's own broker answers.
import { hostname } from 'node:os'
import { RxburstError } from '../errors.js'
import { native } from '../native.js'

/** Names the door in the environment of a program that was granted something, and of whatever that starts in its turn. */
export const DOOR = 'RXBURST_DOOR'
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

/** Descriptors for native code, or -1: XSKMAP of a device plugin, counters, socket of the broker. */
export type Handed = readonly [number, number, number]

let inherited: Door | null | undefined

export class Door {
  readonly #end: number
  readonly #broker: string

  private constructor(end: number, broker: string) {
    this.#end = end
    this.#broker = broker
  }

  /**
   * The door that this process was started with, if any.
   * @throws ERR_DOOR when nobody keeps it any more
   */
  static get inherited(): Door | undefined {
    const path = process.env[DOOR]
    inherited ??= path === undefined ? null : new Door(native.grant.connect(path), 'rxburst grant')
    return inherited ?? undefined
  }

  /** Asks a device plugin for the XSKMAP of an interface of this pod; the conversation is over then. */
  static mapFromPlugin(path: string, interfaceName: string): number {
    const end = native.grant.connect(path)
    const door = new Door(end, path)
    try {
      const host = door.#ask(`/connect,${hostname()}`)[0]
      if (host !== '/host_ok')
        throw new RxburstError(
          'ERR_DOOR',
          `${path} does not know the pod '${hostname()}' (it answers ${host}): the pod's resources must name its device`,
        )
      const version = door.#ask('/version')[0]
      if (version !== HANDSHAKE)
        throw new RxburstError(
          'ERR_DOOR',
          `${path} speaks version '${version}' of the handshake; this is version ${HANDSHAKE}`,
        )
      return door.#descriptor(`/xsk_map_fd,${interfaceName}`)
    } finally {
      try {
        door.#ask('/fin')
      } catch {
        // it has left already
      }
      native.system.closeDescriptor(end)
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

  /** Descriptors of what was granted. The door stays open for sockets. */
  handed({ interface: name }: Grant): Handed {
    return [-1, this.#descriptor(`/rules_map_fd,${name}`), this.#end]
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
    const [answer] = this.#ask(request)
    if (/^[[{]/.test(answer)) return JSON.parse(answer)
    throw new RxburstError('ERR_DOOR', `${this.#broker} answers ${answer} to ${request}`)
  }

  #ask(message: string): [string, number] {
    return native.grant.ask(this.#end, message)
  }

  #descriptor(request: string): number {
    const [answer, fd] = this.#ask(request)
    if (answer !== '/fd_ack' || fd < 0)
      throw new RxburstError('ERR_DOOR', `${this.#broker} answers ${answer} to ${request}`)
    return fd
  }
}
