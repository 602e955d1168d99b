// Ports: one opened device through one backend, with its queues and what it can do.
/// <reference lib="esnext.disposable" preserve="true" />

import { checkInteger, checkKeys, nearest, RxburstError } from '../errors.js'
import { Door, type Grant, type Handed } from '../grant/plugin-socket.js'
import { layout, type NativePort, native } from '../native.js'
import { cutOffBy } from '../steering/cutoff.js'
import { Journal, repair, warn } from '../steering/journal.js'
import { NicSteering, stopTakingTags } from '../steering/nic.js'
import { type RuleLayers, Steering } from '../steering/rules.js'
import { theArena } from './arena.js'
import { checkOnLost, type OnLost, type PortEvent, PortWatch } from './lost.js'
import type { AnyOptions, Column, CommonOptions, OpenOptions, RequireOptions } from './options.js'
import { readPortName } from './port-name.js'

const COMMON = [
  'queues',
  'takeAll',
  'steer',
  'keep',
  'fragments',
  'steering',
  'segments',
  'onLost',
  'require',
]

/** What a port can do and what it got; nothing in a program need look at a backend's name. */
export interface Capabilities {
  readonly backend: string
  /** The kernel's or DPDK's driver, when there is one. */
  readonly driver: string
  /** Version of the library under the backend, when it matters. */
  readonly version: string
  /** How packets come: 'none' until a data plane has bound a queue. */
  readonly mode: 'none' | 'copy' | 'zero-copy'
  readonly xdp: 'none' | 'native' | 'generic'
  /** PASS is possible. Under generic XDP it is not: the packets would come back. Known when a data plane runs. */
  readonly pass: boolean
  /** 'borrowed': the backend lends its memory, so keep() and tx to other ports copy. */
  readonly frames: 'owned' | 'borrowed'
  /** 'own': the backend needs memory of its own, so every packet is copied once, and counted. */
  readonly pool: 'shared' | 'own'
  /** The kernel handles every packet too: the port sees copies, and DROP takes nothing away from the kernel. */
  readonly kernelKeeps: boolean
  /** Columns beyond offset and length that it can fill. */
  readonly columns: readonly Column[]
  /** Whose nanoseconds the column `timestamp` holds: 'CLOCK_MONOTONIC' (as process.hrtime()), a device's clock, or ''. */
  readonly timestampClock: string
  /** Pages under the packet memory. */
  readonly pages: '2M' | 'thp' | '4K'
  /** Longest packet, bytes. */
  readonly frameMax: number
  /** Most segments of one packet: 1 unless opened with `segments: true`. */
  readonly segments: number
  /** Queues that the device has. */
  readonly queueCount: number
  /** Names of what can be lost below the program. */
  readonly losses: readonly string[]
  /** Which layer executes which part of the rules; empty: there are none. */
  readonly steering: readonly RuleLayers[]
}

export interface Link {
  readonly up: boolean
  /** Mbit/s; null where the device does not say. */
  readonly speedMbps: number | null
  readonly duplex: 'full' | 'half'
  /** How often the driver reported a change. */
  readonly changes: number
}

/** What DPDK knows of a device. */
export interface DeviceDetails {
  /** DPDK's name: net_null0, 0000:03:00.0. */
  readonly device: string
  /** How packets lie in memory that DPDK uses: see docs/dpdk.md. */
  readonly memory: 'split' | 'external' | 'own'
  /** DPDK's own memory lies on hugepages. */
  readonly hugepages: boolean
  readonly promiscuous: boolean
  /** Nothing reaches the port but what flow rules say: see `capabilities.steering`. */
  readonly isolated: boolean
  readonly link: Link
  /** Offloads the device can do, by DPDK's names. */
  readonly rxOffloads: readonly string[]
  readonly txOffloads: readonly string[]
  /** Null where the device does no receive-side scaling. Key in hexadecimal; table: a queue for each hash. */
  readonly rss: { fields: string; key: string; table: readonly number[] } | null
  /** Extended statistics, by the driver's names. */
  readonly xstats: Readonly<Record<string, number>>
  /** The last lines of DPDK's log. */
  readonly log: readonly string[]
}

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
    this.#last = native.portInfo(id)!
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
    this.#last = (this.#closed ? null : native.portInfo(this.#id)) ?? this.#last
    return this.#last
  }

  get closed(): boolean {
    return this.#closed
  }

  get capabilities(): Capabilities {
    const info = this.info
    return {
      backend: info.backend,
      driver: info.driver,
      version: info.version,
      mode: info.mode,
      xdp: info.xdp,
      pass: info.canPass,
      frames: info.borrowed ? 'borrowed' : 'owned',
      pool: info.ownPool ? 'own' : 'shared',
      kernelKeeps: info.kernelKeeps,
      columns: info.columns as Column[],
      timestampClock: info.timestampClock,
      pages: theArena().pages,
      frameMax: info.frameMax,
      segments: info.segments,
      queueCount: info.queueCount,
      losses: info.losses,
      steering: this.steer.layers,
    }
  }

  /**
   * What the library under the backend knows of the device beyond capabilities: link, offloads, RSS, every statistic it keeps.
   * Null where the backend knows no more.
   * @throws ERR_CLOSED
   */
  details(): DeviceDetails | null {
    return JSON.parse(native.describePort(this.id, false) ?? 'null')
  }

  /**
   * The link now, or null where the backend does not know. It is down while the port is lost, also when an interface of the same
   * name is up.
   * @throws ERR_CLOSED
   */
  link(): Link | null {
    return JSON.parse(native.describePort(this.id, true) ?? 'null')?.link ?? null
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
    this.#last = native.portInfo(this.#id) ?? this.#last
    native.closePort(this.#id)
    this.#closed = true
    this.watch.close()
    this.#undo()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function checkQueues(queues: CommonOptions['queues']): number[] | null {
  if (queues === undefined || queues === 'all') return null
  const wanted = `queues is 'all' or a list of at most ${layout.limits.queuesMax} queue numbers that is not empty, such as [0, 1]`
  if (!Array.isArray(queues)) throw new RxburstError('ERR_BAD_OPTION', wanted)
  const { length } = queues
  if (!(length > 0 && length <= layout.limits.queuesMax)) throw new RxburstError('ERR_BAD_OPTION', wanted)
  // Each is read once: a list may answer otherwise the next time, and its iterator as it likes.
  const numbers: number[] = []
  for (let i = 0; i < length; i++) {
    const queue = checkInteger('a queue', queues[i], 0, layout.limits.queuesMax - 1)
    if (numbers.includes(queue)) throw new RxburstError('ERR_BAD_OPTION', `queue ${queue} is listed twice`)
    numbers.push(queue)
  }
  return numbers
}

/** Throws for what C would cut short. */
function checkNul(code: string, what: string, text: string): void {
  if (text.includes('\0'))
    throw new RxburstError(
      code,
      `${what} holds a NUL, behind which nothing would be read: ${JSON.stringify(text)}`,
    )
}

/**
 * Opens a port: checks, resolves and reserves. No packet is taken before run(). All ports are opened in one thread of the process.
 * @param name backend and device, such as `afxdp:eth0` or `loop:a`; options may stand behind it: `afxdp:eth0,ring=1024,queues=0-1`, on
 * `dpdk:` with the prefix `rxburst.`. They outweigh `options`.
 * @param options what the backend of that name takes; of a name that is any string, what all backends take
 * @throws RxburstError with a code for each thing that can be wrong; see docs/errors.md
 */
export function open<const Name extends string>(name: Name, options?: OpenOptions<Name>): Promise<Port>
export async function open(typed: string, given: object = {}): Promise<Port> {
  if (typeof typed !== 'string')
    throw new RxburstError('ERR_BAD_PORT_NAME', 'a port name is a string such as "afxdp:eth0"')
  checkNul('ERR_BAD_PORT_NAME', 'a port name', typed)
  const known = native.backendOptions(typed)
  const keys = known && [...new Set([...COMMON, ...known])]
  checkKeys(`open('${typed}')`, given, keys ?? Object.keys(Object(given)))
  const { name, options } = readPortName(typed, given as AnyOptions, keys) as {
    name: string
    options: AnyOptions
  }
  const {
    queues,
    takeAll = false,
    steer,
    keep,
    fragments,
    steering,
    require = {},
    door,
    xskmap,
    onLost: lostOption,
    ...rest
  } = options
  if (typeof takeAll !== 'boolean')
    throw new RxburstError('ERR_BAD_OPTION', `takeAll is true or false, not ${String(takeAll)}`)
  if (steering !== undefined && steering !== 'external')
    throw new RxburstError('ERR_BAD_OPTION', `steering may only be 'external', not '${String(steering)}'`)
  if (takeAll && steer !== undefined)
    throw new RxburstError('ERR_BAD_OPTION', 'takeAll takes every packet, steer only some: say one of them')
  if (
    rest.segments !== undefined &&
    typeof rest.segments !== 'boolean' &&
    rest.segments !== 'true' &&
    rest.segments !== 'false'
  )
    throw new RxburstError('ERR_BAD_OPTION', `segments is true or false, not ${String(rest.segments)}`)
  if (known && !known.includes('segments')) {
    if (String(rest.segments) === 'true')
      throw new RxburstError(
        'ERR_NOT_SUPPORTED',
        `${name}: this backend has a packet in one frame always; docs/backends.md says which ones know segments`,
      )
    delete rest.segments
  }
  const words = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .flatMap(([key, value]) => [key, String(value)])
  for (const word of [...words, String(door), String(xskmap)]) checkNul('ERR_BAD_OPTION', 'an option', word)
  const rules = new Steering(steer, keep, fragments)
  checkKeys('require', require, ['zeroCopy', 'hugepages', 'nativeXdp'])
  const onLost = checkOnLost(`open('${name}')`, lostOption)
  const handed = known?.includes('door') ? findHanded(name, door, xskmap) : undefined
  if (handed && fragments !== undefined)
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `${name}: the process with the privileges decides about fragments: npx rxburst grant INTERFACE --fragments take`,
    )
  const numbers = checkQueues(queues) ?? handed?.grant?.queues ?? null
  const arena = theArena()
  if (require.hugepages && arena.pages !== '2M')
    throw new RxburstError(
      'ERR_REQUIRE',
      `hugepages were required; packet memory lies on ${arena.pages} pages. Reserve some: sysctl -w vm.nr_hugepages=${Math.ceil((arena.frameCount * arena.frameSize) / (2 << 20)) + 2}`,
    )
  const openIt = () =>
    openNative(name, numbers, words, takeAll, handed ? [] : rules.words(), handed?.descriptors ?? null)
  const remote = native.ingressOf(name)
  let { id, journal } = remote ? openBeside(remote, name, openIt) : { id: openIt() }
  const { nic, queues: taken, filteredBy, onInterface, rebinds } = native.portInfo(id)!
  const external = steering === 'external'
  const prepare = () => prepareNic(nic, taken, native.portInfo(id)!.queueCount, external, rules)
  try {
    if (handed) useHanded(handed, name, taken, rules, steer !== undefined || keep !== undefined || takeAll)
    else if (nic) journal = prepare()
    if (onLost === 'wait' && onInterface && !rebinds)
      throw new RxburstError(
        'ERR_NOT_SUPPORTED',
        `${name}: onLost: 'wait' was asked for, and DPDK's driver can't attach to an interface again; docs/backends.md says which ports can`,
      )
  } catch (error) {
    native.closePort(id)
    journal?.close()
    throw error
  }
  // Another interface of that name has none of the settings; whatever the journal would put back on it is not as we left it.
  let index = nic ? native.interfaceInfo(nic).index : 0
  const renew = () => {
    if (!nic || handed || native.interfaceInfo(nic).index === index) return
    journal?.close()
    journal = undefined
    journal = prepare()
    index = native.interfaceInfo(nic).index
  }
  const port = new Port(id, { require, onLost }, rules, { undo: () => journal?.close(), renew })
  rules.bind(
    () => port.id,
    filteredBy,
    (slot) => (port.closed ? null : native.portRuleLayer(port.id, slot)),
  )
  return port
}

interface FromOutside {
  descriptors: Handed
  /** The process that keeps the privileges, and what was granted; absent where only a map was handed over. */
  broker?: Door
  grant?: Grant
}

/** What somebody with privilege has opened for this process, if anybody has. */
function findHanded(name: string, door: unknown, xskmap: unknown): FromOutside | undefined {
  const device = name.slice(name.indexOf(':') + 1)
  if (xskmap !== undefined) return { descriptors: [native.openXskmap(String(xskmap)), -1, -1] }
  if (door !== undefined) return { descriptors: [Door.mapFromPlugin(String(door), device), -1, -1] }
  const broker = Door.inherited
  const grant = broker?.grant(device)
  return broker && grant && { descriptors: broker.handed(grant), broker, grant }
}

/** Ties the rules to whoever put them in force; `asked`: this program has rules of its own to ask for. */
function useHanded(
  { broker, grant }: FromOutside,
  name: string,
  queues: readonly number[],
  rules: Steering,
  asked: boolean,
): void {
  if (!broker || !grant) {
    rules.useElsewhere(() => {
      throw new RxburstError(
        'ERR_STEER',
        `${name}: the program was attached by another process, and its rules are that one's`,
      )
    })
    if (rules.rules.length > 0) rules.setElsewhere()
    return
  }
  const missing = queues.find((queue) => !grant.queues.includes(queue))
  if (missing !== undefined)
    throw new RxburstError(
      'ERR_NO_QUEUE',
      `${name}: queue ${missing} was not granted; ${grant.queues.join(', ')} were`,
    )
  rules.useElsewhere((steer, keep) => broker.setRules(grant.interface, steer, keep))
  if (asked) rules.setElsewhere()
  else rules.adopt(grant.rules)
}

function openNative(
  name: string,
  queues: number[] | null,
  words: string[],
  takeAll: boolean,
  rules: readonly (string | boolean | number)[],
  handed: Handed | null,
): number {
  try {
    return native.openPort(name, queues, words, takeAll, false, rules, handed)
  } catch (error) {
    const { code, message } = error as RxburstError
    const [backend, device] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)]
    const meant = code === 'ERR_NO_BACKEND' ? nearest(backend, native.backends) : undefined
    if (meant && meant !== backend)
      throw new RxburstError(code, `${message}; did you mean '${meant}:${device}'?`)
    throw withCutOff(error as RxburstError, device)
  }
}

/** Adds what would be cut off to errors whose way out is to take everything. */
function withCutOff(error: RxburstError, nic: string): RxburstError {
  const { code, message, cause } = error
  const cut = code === 'ERR_TAKE_ALL' || code === 'ERR_STEER_QUEUES' ? cutOffBy(nic) : ''
  return cut ? new RxburstError(code, `${message} Mind that ${nic} ${cut}.`, { cause }) : error
}

/** Opens a device that writes on the ingress of an interface beside it; what it leaves there is undone later. */
function openBeside(nic: string, name: string, openIt: () => number): { id: number; journal?: Journal } {
  for (const failure of repair(nic).failures) warn(failure)
  const there = native.qdiscs(nic)
  if (there)
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `${name}: DPDK would take all queueing disciplines off ${nic}, and it has some: ${there}. If nobody needs them: tc qdisc del dev ${nic} ${there.startsWith('ingress') || there.startsWith('clsact') ? there.split(' ')[0] : 'root'}`,
    )
  const journal = new Journal(nic)
  let id = -1
  try {
    journal.record({ kind: 'ingress' }, () => {
      id = openIt()
      return undefined
    })
  } catch (error) {
    journal.close()
    throw error
  }
  return { id, journal }
}

/** Makes a NIC deliver what the rules want on the queues taken; returns what undoes it. */
function prepareNic(
  nic: string,
  queues: readonly number[],
  count: number,
  external: boolean,
  rules: Steering,
): Journal {
  for (const failure of repair(nic).failures) warn(failure)
  const journal = new Journal(nic)
  try {
    if (rules.rules.length > 0) stopTakingTags(nic, rules, journal)
    if (queues.length < count && !external) {
      if (!rules.rules.some((rule) => rule.action === 'steer'))
        throw new RxburstError(
          'ERR_STEER_QUEUES',
          `${nic} has ${count} receive queues and ${queues.length} ${queues.length === 1 ? 'is' : 'are'} wanted; no NIC rule feeds just these, so packets would go by unseen. Take queues: 'all', or say steering: 'external' (--steering external) when something else directs the flow.`,
        )
      rules.use(new NicSteering(nic, queues, count, journal))
    }
  } catch (error) {
    journal.close()
    throw withCutOff(error as RxburstError, nic)
  }
  return journal
}
