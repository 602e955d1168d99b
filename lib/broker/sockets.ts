// The AF_XDP sockets that the broker hands out, until they are in its XSKMAP. Only the broker writes that map.
import type { Port } from '../control/port.js'
import { native } from '../native.js'

const PENDING_MAX = 256 // sockets of all clients that are not in the map yet
const UNUSED_MAX = 256 // sockets that one client got and never had put into the map
const FORGIVE_MS = 1000 // one of those is forgotten that often: a program may have had to try again
const LOOK_MS = 20

interface Pending {
  client: number
  port: Port
  queue: number
  fd: number
  /** The client says when. Others have their socket put in as soon as they have bound it. */
  later: boolean
}

export class Sockets {
  #pending: Pending[] = []
  /** The client of each entry of the maps. */
  readonly #owners = new Map<Port, Map<number, number>>()
  /** Sockets that a client got and never had put into the map: it may still hold them all. */
  readonly #unused = new Map<number, number>()
  readonly #timer: NodeJS.Timeout
  readonly #forgiver = setInterval(() => {
    for (const [client, count] of this.#unused) this.#unused.set(client, Math.max(0, count - 1))
  }, FORGIVE_MS).unref()

  /** @param attach called for sockets that have been bound by clients that don't say so */
  constructor(attach: (client: number, port: Port, queue: number) => void) {
    this.#timer = setInterval(() => {
      for (const each of this.#pending)
        if (!each.later && native.grant.isSocketReady({ socket: each.fd, interface: each.port.info.nic }))
          attach(each.client, each.port, each.queue)
    }, LOOK_MS).unref()
  }

  /**
   * A socket that can be bound to the port's interface only; -1: too many wait, or the client has too many. The broker
   * keeps its descriptor.
   */
  make(client: number, port: Port, queue: number, later: boolean): number {
    this.#forget((each) => each.client === client && each.port === port && each.queue === queue)
    const unused = this.#unused.get(client) ?? 0
    if (this.#pending.length >= PENDING_MAX || unused >= UNUSED_MAX) return -1
    this.#unused.set(client, unused + 1)
    const fd = native.grant.boundSocket(port.info.nic)
    this.#pending.push({ client, port, queue, fd, later })
    return fd
  }

  /**
   * Whether the client may have its sockets of these queues put into the map: made, bound, and no other client's queue.
   */
  areReady(client: number, port: Port, queues: readonly number[]): boolean {
    return queues.every((queue) => {
      const owner = this.#owners.get(port)?.get(queue)
      const pending = this.#find(client, port, queue)
      return (
        (owner === undefined || owner === client) &&
        pending &&
        native.grant.isSocketReady({ socket: pending.fd, interface: port.info.nic })
      )
    })
  }

  /** Puts it into the map, and closes our descriptor: the socket is gone when its program is. */
  putIn(client: number, port: Port, queue: number): void {
    const { fd } = this.#find(client, port, queue)!
    native.grant.putSocket({ port: port.id, queue, socket: fd })
    this.#unused.set(client, Math.max(0, (this.#unused.get(client) ?? 0) - 1))
    const owners = this.#owners.get(port) ?? new Map<number, number>()
    this.#owners.set(port, owners.set(queue, client))
    this.#forget((each) => each.fd === fd)
  }

  /** Takes the client's socket out of the map; false: it had none there. */
  takeOut(client: number, port: Port, queue: number): boolean {
    if (this.#owners.get(port)?.get(queue) !== client) return false
    this.#owners.get(port)!.delete(queue)
    if (!port.closed) native.grant.putSocket({ port: port.id, queue, socket: -1 })
    return true
  }

  /** Takes all of a client's sockets out of the maps. */
  leave(client: number): void {
    this.#unused.delete(client)
    this.#forget((each) => each.client === client)
    for (const [port, owners] of this.#owners)
      for (const queue of [...owners.keys()]) this.takeOut(client, port, queue)
  }

  close(): void {
    clearInterval(this.#timer)
    clearInterval(this.#forgiver)
    this.#forget(() => true)
  }

  #find(client: number, port: Port, queue: number): Pending | undefined {
    return this.#pending.find((each) => each.client === client && each.port === port && each.queue === queue)
  }

  #forget(which: (pending: Pending) => boolean): void {
    for (const each of this.#pending) if (which(each)) native.system.closeDescriptor(each.fd)
    this.#pending = this.#pending.filter((each) => !which(each))
  }
}
