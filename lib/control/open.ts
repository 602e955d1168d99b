// open(): from a name and options to a port that is open, with its rules in force.
import { nearest, RxburstError } from '../errors.js'
import { type NativePort, native } from '../native.js'
import type { Journal } from '../steering/journal/log.js'
import { type FromOutside, findHanded, useHanded } from './handed.js'
import { type Request, readRequest } from './open-options.js'
import type { OpenOptions } from './options.js'
import { Port } from './port.js'
import { openBeside, prepareNic, withCutOff } from './prepare-nic.js'

/**
 * Opens a port: checks, resolves and reserves. No packet is taken before run(). All ports are opened in one thread of the process.
 * @param name backend and device, such as `afxdp:eth0` or `loop:a`. Options may stand behind it: `afxdp:eth0,ring=1024,queues=0-1`, on
 * `dpdk:` with the prefix `rxburst.`. They outweigh `options`.
 * @param options those of the name's backend: {@link AfxdpOptions}, {@link DpdkOptions}, {@link PacketOptions},
 * {@link SocketOptions}, {@link LoopOptions}, {@link PcapOptions}
 * @throws a code for each thing that can be wrong, such as ERR_BAD_OPTION, ERR_NO_INTERFACE, ERR_STEER
 * @example
 * ```ts
 * import { open } from 'rxburst'
 *
 * await using port = await open('afxdp:eth0', { queues: [3], steer: 'udp dst port 4321', ring: 4096 })
 * console.log(port.mtu, port.capabilities.driver)
 * ```
 */
export function open<const Name extends string>(name: Name, options?: OpenOptions<Name>): Promise<Port>
export async function open(typed: string, given: object = {}): Promise<Port> {
  const request = readRequest(typed, given)
  const handed = inherit(request)
  const opened = openDevice(request, handed)
  const settings = steer(request, opened, handed)
  return portOf(request, opened, settings)
}

/** Takes over what another process has opened for this port, if there is one. */
function inherit({ name, inherits, pluginSocket, xskmap, fragments }: Request): FromOutside | undefined {
  const handed = inherits ? findHanded(name, pluginSocket, xskmap) : undefined
  if (handed && fragments !== undefined)
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `${name}: the process with the privileges decides about fragments: npx rxburst grant INTERFACE --fragments take`,
    )
  return handed
}

/** A device that native code has opened, as it was then. */
interface Opened {
  id: number
  info: NativePort
  /** What was changed on an interface beside it. */
  journal?: Journal
}

function openDevice({ name, queues, options, takeAll, rules }: Request, handed?: FromOutside): Opened {
  const openIt = () =>
    openNative({
      name,
      queues: queues ?? handed?.grant?.queues ?? null,
      options,
      takeAll,
      rules: handed ? [] : rules.nativeRules(),
      handed: handed?.descriptors ?? null,
    })
  const beside = native.backends.ingressOf(name)
  const { id, journal }: { id: number; journal?: Journal } = beside
    ? openBeside(beside, name, openIt)
    : { id: openIt() }
  return { id, journal, info: native.ports.info(id)! }
}

function openNative(wanted: Parameters<typeof native.ports.open>[0]): number {
  try {
    return native.ports.open(wanted)
  } catch (error) {
    const { name } = wanted
    const { code, message } = error as RxburstError
    const [backend, device] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)]
    const meant = code === 'ERR_NO_BACKEND' ? nearest(backend, native.backends.names) : undefined
    if (meant && meant !== backend)
      throw new RxburstError(code, `${message}; did you mean '${meant}:${device}'?`)
    throw withCutOff(error as RxburstError, device)
  }
}

/** The settings that a port has made on an interface. */
interface Settings {
  undo(): void
  /** Makes them on another interface that has come with the same name. */
  renew(): void
}

/** Puts the rules in force; closes the device when they can't be. */
function steer(request: Request, { id, info, journal: first }: Opened, handed?: FromOutside): Settings {
  const { name, rules, external, takeAll, hasRules, onLost } = request
  const { nic, queues, onInterface, rebinds } = info
  let journal: { close(): void } | undefined = first
  let index = 0
  const prepare = () => prepareNic(nic, queues, native.ports.info(id)!.queueCount, external, rules)
  try {
    if (handed) useHanded(handed, name, queues, rules, hasRules || takeAll)
    else if (nic) journal = prepare()
    if (onLost === 'wait' && onInterface && !rebinds)
      throw new RxburstError(
        'ERR_NOT_SUPPORTED',
        `${name}: onLost: 'wait' was asked for, and DPDK's driver can't attach to an interface again; docs/lost-interface.md says which ports can`,
      )
    if (nic) index = native.nic.info(nic).index
  } catch (error) {
    native.ports.close(id)
    journal?.close()
    throw error
  }
  // Another interface of that name has none of the settings; whatever the journal would put back on it is not as we left it.
  const renew = () => {
    if (!nic || handed || native.nic.info(nic).index === index) return
    journal?.close()
    journal = undefined
    journal = prepare()
    index = native.nic.info(nic).index
  }
  return { undo: () => journal?.close(), renew }
}

function portOf({ require, onLost, rules }: Request, { id, info }: Opened, settings: Settings): Port {
  const port = new Port(id, { require, onLost }, rules, settings)
  rules.bind(
    () => port.id,
    info.filteredBy,
    (slot) => (port.closed ? null : native.rules.layerOf({ port: port.id, slot })),
  )
  return port
}
