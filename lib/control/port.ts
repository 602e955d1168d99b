// Ports: one opened device through one backend, with its queues.
/// <reference lib="esnext.disposable" preserve="true" />

import { checkInteger, RxburstError } from '../errors.js'
import { publish } from '../events.js'
import { type NativePort, native } from '../native.js'
import type { Journal } from '../steering/journal/log.js'
import type { Steering } from '../steering/rules.js'
import { type Capabilities, capabilitiesOf, type DeviceDetails, type Link } from './capabilities.js'
import { type OnLost, type PortEvent, PortWatch } from './lost.js'
import type { RequireOptions } from './open/options.js'

/** One receive/transmit pair of a port, to be given to a worker. port.queue() and port.queues make it. */
export class Queue {
  constructor(
    /** The port that it belongs to. */
    readonly port: Port,
    /** The device's number of it, from 0. */
    readonly index: number,
  ) {}
}

/** An open device. open() makes it. */
export class Port {
  /** Its name, without options: 'afxdp:eth0'. */
  readonly name: string
  readonly #id: number
  readonly #require: RequireOptions
  /**
   * The rules that say which packets the port takes and which it leaves to the kernel. They can be changed while
   * packets flow.
   */
  readonly steer: Steering
  /** @internal as open() was told; undefined: run() decides. */
  readonly onLost: OnLost | undefined
  /** @internal notices when it loses its interface. */
  readonly watch: PortWatch
  readonly #beside: Journal | undefined
  #last: NativePort
  #closed = false

  /** @internal use open() */
  constructor(
    id: number,
    options: { require: RequireOptions; onLost: OnLost | undefined },
    steer: Steering,
    /** What was changed on an interface beside the device. */
    beside?: Journal,
  ) {
    this.#id = id
    this.#require = options.require
    this.onLost = options.onLost
    this.steer = steer
    this.#beside = beside
    this.#last = native.ports.info(id)!
    this.name = this.#last.name
    this.watch = new PortWatch(id, this.#last, () => steer.renew())
    publish('port', { event: 'opened', port: this.name })
  }

  /**
   * The interface's hardware address, six bytes; undefined where it has none. An interface that comes back may have
   * another.
   */
  get mac(): Uint8Array | undefined {
    return this.info.mac
  }

  /** The longest packet without its link-layer header, bytes. */
  get mtu(): number {
    return this.info.mtu
  }

  /** @internal its number in native code. */
  get id(): number {
    if (this.#closed) throw new RxburstError('ERR_CLOSED', `${this.name} is closed`)
    return this.#id
  }

  /** @internal as native code sees it now, or saw it last. */
  get info(): NativePort {
    this.#last = (this.#closed ? null : native.ports.info(this.#id)) ?? this.#last
    return this.#last
  }

  /** Whether close() was called. */
  get closed(): boolean {
    return this.#closed
  }

  /** The port's abilities, and what the device gave it: as they are now. */
  get capabilities(): Capabilities {
    return capabilitiesOf(this.info, this.steer.layers)
  }

  /**
   * More than capabilities, from the library under the backend: link, offloads, RSS, every statistic of the driver.
   * Null where the backend knows no more; only `dpdk:` does.
   * @throws ERR_CLOSED
   */
  details(): DeviceDetails | null {
    return JSON.parse(native.ports.describe({ port: this.id, linkOnly: false }) ?? 'null')
  }

  /**
   * Every statistic that the driver counts, by its own names: for an interface as `ethtool -S` has them, for DPDK its
   * xstats. Empty where the driver counts nothing, or the interface is gone. They count for the device, from before the
   * port was opened.
   * @throws ERR_CLOSED
   */
  xstats(): Record<string, number> {
    const device = this.details()
    if (device) return { ...device.xstats }
    const { nic, onInterface } = this.info
    const name = nic || (onInterface ? this.name.slice(this.name.indexOf(':') + 1) : '')
    if (!name) return {}
    try {
      return native.nic.statistics(name)
    } catch (error) {
      if (['ERR_NOT_SUPPORTED', 'ERR_NO_INTERFACE'].includes((error as RxburstError).code)) return {}
      throw error
    }
  }

  /**
   * The link now, or null where the backend does not know. It is down while the port is lost, also when an interface of
   * the same name is up.
   * @throws ERR_CLOSED
   */
  link(): Link | null {
    return JSON.parse(native.ports.describe({ port: this.id, linkOnly: true }) ?? 'null')?.link ?? null
  }

  /**
   * Calls back when the link goes up or down or changes its speed. Changes between two looks show in `changes` where
   * the driver reports them. Ends when the returned function is called, or when the port is closed.
   * @param options `everyMs`: the interval of the looks, milliseconds. Default 250.
   * @throws ERR_NOT_SUPPORTED where the backend knows no link, ERR_BAD_ARGUMENT, ERR_CLOSED
   */
  watchLink(handler: (link: Link) => void, options: { everyMs?: number } = {}): () => void {
    const { everyMs = 250 } = options
    if (typeof handler !== 'function')
      throw new RxburstError('ERR_BAD_ARGUMENT', `watchLink() wants a function, not ${typeof handler}`)
    checkInteger('everyMs', everyMs, 1, 2 ** 31 - 1)
    let before = this.link()
    if (!before) throw new RxburstError('ERR_NOT_SUPPORTED', `${this.name} can't say anything about its link`)
    const timer = setInterval(() => {
      if (this.#closed) return clearInterval(timer)
      const now = this.link()
      if (now && JSON.stringify(now) !== JSON.stringify(before)) handler(now)
      before = now
    }, everyMs).unref()
    return () => clearInterval(timer)
  }

  /**
   * Calls back when the port has lost its interface, within a second, and when it has it back. Ends when the returned
   * function is called, or when the port is closed.
   * @throws ERR_CLOSED
   */
  watchInterface(handler: (event: PortEvent) => void): () => void {
    void this.id
    return this.watch.on(handler)
  }

  /** The queues that it was opened with. */
  get queues(): Queue[] {
    return this.info.queues.map((index) => new Queue(this, index))
  }

  /**
   * The queue with that number.
   * @throws ERR_NO_QUEUE when the port was not opened with it, ERR_CLOSED
   */
  queue(index: number): Queue {
    void this.id
    if (!this.info.queues.includes(index))
      throw new RxburstError(
        'ERR_NO_QUEUE',
        `${this.name} was opened with queues ${this.info.queues.join(', ')}, not with ${String(index)}`,
      )
    return new Queue(this, index)
  }

  /** @internal Throws ERR_REQUIRE when the port, now bound, is less than what open() asked for. */
  checkRequired(): void {
    const { mode, xdp } = this.info
    const fail = (wanted: string, found: string) => {
      throw new RxburstError('ERR_REQUIRE', `${this.name}: ${wanted} was required; the device gave ${found}`)
    }
    if (this.#require.zeroCopy && mode !== 'zero-copy') fail('zero-copy', `${mode} mode`)
    if (this.#require.nativeXdp && xdp !== 'native' && xdp !== 'none') fail('XDP in the driver', `${xdp} XDP`)
  }

  /**
   * Gives the device back. Twice is fine.
   * @throws ERR_PORT_BUSY while a data plane runs on it
   */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#last = native.ports.info(this.#id) ?? this.#last
    native.ports.close(this.#id)
    this.#closed = true
    this.watch.close()
    this.steer.close()
    this.#beside?.close()
    publish('port', { event: 'closed', port: this.name })
  }

  /** Does what close() does: for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
