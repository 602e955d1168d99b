// Ports: one opened device through one backend, with its queues.
/// <reference lib="esnext.disposable" preserve="true" />

import { checkInteger, RxburstError } from '../errors.js'
import { type NativePort, native } from '../native.js'
import type { Steering } from '../steering/rules.js'
import { type Capabilities, capabilitiesOf, type DeviceDetails, type Link } from './capabilities.js'
import { type OnLost, type PortEvent, PortWatch } from './lost.js'
import type { RequireOptions } from './options.js'

/** One receive/transmit pair of a port, to be given to a worker. */
export class Queue {
  constructor(
    readonly port: Port,
    readonly index: number,
  ) {}
}

/** An open device. */
export class Port {
  readonly name: string
  readonly #id: number
  readonly #require: RequireOptions
  /** What the port takes and what it leaves to the kernel; can be changed while packets flow. */
  readonly steer: Steering
  /** @internal as open() was told; undefined: run() decides. */
  readonly onLost: OnLost | undefined
  /** @internal notices when it loses its interface. */
  readonly watch: PortWatch
  readonly #undo: () => void
  #last: NativePort
  #closed = false

  /** @internal use open() */
  constructor(
    id: number,
    options: { require: RequireOptions; onLost: OnLost | undefined },
    steer: Steering,
    nic: { undo(): void; renew(): void },
  ) {
    this.#id = id
    this.#require = options.require
    this.onLost = options.onLost
    this.steer = steer
    this.#undo = nic.undo
    this.#last = native.ports.info(id)!
    this.name = this.#last.name
    this.watch = new PortWatch(id, this.#last, nic.renew)
  }

  /** The interface's hardware address, six bytes. An interface that was lost may come back with another. */
  get mac(): Uint8Array | undefined {
    return this.info.mac
  }

  /** Bytes above the link-layer header. */
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

  get closed(): boolean {
    return this.#closed
  }

  get capabilities(): Capabilities {
    return capabilitiesOf(this.info, this.steer.layers)
  }

  /**
   * What the library under the backend knows of the device beyond capabilities: link, offloads, RSS, every statistic it keeps.
   * Null where the backend knows no more.
   * @throws ERR_CLOSED
   */
  details(): DeviceDetails | null {
    return JSON.parse(native.ports.describe(this.id, false) ?? 'null')
  }

  /**
   * The link now, or null where the backend does not know. It is down while the port is lost, also when an interface of the same
   * name is up.
   * @throws ERR_CLOSED
   */
  link(): Link | null {
    return JSON.parse(native.ports.describe(this.id, true) ?? 'null')?.link ?? null
  }

  /**
   * Calls back when the link goes up or down or changes its speed. It is looked at every `everyMs`, and changes in between
   * show in `changes` where the driver reports them. Ends with the returned function, or when the port is closed.
   * @throws ERR_NOT_SUPPORTED where the backend knows no link
   */
  watchLink(handler: (link: Link) => void, { everyMs = 250 }: { everyMs?: number } = {}): () => void {
    if (typeof handler !== 'function')
      throw new RxburstError('ERR_BAD_ARGUMENT', `watchLink() wants a function, not ${typeof handler}`)
    checkInteger('everyMs', everyMs, 1, 2 ** 31 - 1)
    let before = this.link()
    if (!before) throw new RxburstError('ERR_NOT_SUPPORTED', `${this.name} knows nothing of its link`)
    const timer = setInterval(() => {
      if (this.#closed) return clearInterval(timer)
      const now = this.link()
      if (now && JSON.stringify(now) !== JSON.stringify(before)) handler(now)
      before = now
    }, everyMs).unref()
    return () => clearInterval(timer)
  }

  /**
   * Calls back when the port has lost its interface, and when it has it back: within a second of the loss. Ends with the returned
   * function, or when the port is closed.
   */
  watchInterface(handler: (event: PortEvent) => void): () => void {
    void this.id
    return this.watch.on(handler)
  }

  /** Every queue that was opened. */
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
    this.#undo()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
