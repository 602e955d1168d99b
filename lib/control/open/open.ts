// open(): from a name and options to a port that is open, with its rules in force.
import { nearest, RxburstError } from '../../errors.js'
import { type NativePort, native } from '../../native.js'
import { withCutOff } from '../../steering/cutoff.js'
import type { Journal } from '../../steering/journal/log.js'
import { NicSettings } from '../../steering/nic-settings.js'
import { Steering } from '../../steering/rules.js'
import { nativeRules } from '../../steering/spec.js'
import { GrantTarget, PortTarget, type RuleTarget } from '../../steering/target.js'
import { Port } from '../port.js'
import { checkGranted, type FromOutside, findHanded } from './handed.js'
import { openBeside } from './open-beside.js'
import { type Request, readRequest } from './open-options.js'
import type { OpenOptions } from './options.js'

/**
 * Opens a port: checks, resolves and reserves. No packet is taken before run(). All ports are opened in one thread of
 * the process.
 * @param name backend and device, such as `afxdp:eth0` or `loop:a`. Options may stand behind it:
 * `afxdp:eth0,ring=1024,queues=0-1`, on `dpdk:` with the prefix `rxburst.`. They outweigh `options`.
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
  const handed = request.inherits ? findHanded(request) : undefined
  try {
    const opened = openDevice(request, handed)
    const steering = steer(request, opened, handed)
    return new Port(opened.id, request, steering, opened.journal)
  } catch (error) {
    handed?.broker?.close()
    throw error
  }
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
      rules: handed ? [] : nativeRules(rules.specs, rules.takesAll),
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

/** Puts the rules in force; closes the device when they can't be. */
function steer(request: Request, { id, info, journal }: Opened, handed?: FromOutside): Steering {
  const { name, rules, onLost } = request
  let target: RuleTarget | undefined
  try {
    if (onLost === 'wait' && info.onInterface && !info.rebinds)
      throw new RxburstError(
        'ERR_NOT_SUPPORTED',
        `${name}: onLost: 'wait' was asked for, and DPDK's driver can't attach to an interface again; docs/lost-interface.md says which ports can`,
      )
    const port = { id, name: info.name, software: info.filteredBy }
    if (!handed) {
      target = new PortTarget(port, rules.takesAll, nicSettings(request, { id, info }))
      return new Steering(rules, target)
    }
    checkGranted(handed, name, info.queues)
    const { broker, grant } = handed
    const granted = new GrantTarget(port, broker && grant && { broker, grant })
    target = granted
    return new Steering(
      { ...rules, specs: granted.begin(rules, request.hasRules || request.takeAll) },
      target,
    )
  } catch (error) {
    native.ports.close(id)
    target?.close()
    journal?.close()
    throw error
  }
}

/** The settings that the rules need on the interface whose queues these are, if there is one. */
function nicSettings({ external, rules }: Request, { id, info }: Opened): NicSettings | undefined {
  const { nic, queues } = info
  const queueCount = () => native.ports.info(id)!.queueCount
  return nic ? new NicSettings({ interface: nic, queues, external, queueCount }, rules.specs) : undefined
}
