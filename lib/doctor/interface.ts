// Checks of one network interface: what the kernel and the driver say of it, without touching it.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { layout } from '../layout.gen.js'
import type { Native, NativeInterface } from '../native.js'
import type { Leftover } from '../steering/journal/leftovers.js'
import { type Check, check, fault, note, pass } from './check.js'

const XDP_HEADROOM = 256
const ETHERNET = 18
const LARGEST_MTU = { 2048: 2048 - XDP_HEADROOM - ETHERNET, 4096: 4096 - XDP_HEADROOM - ETHERNET }
/** Offloads that join packets in the NIC: drivers refuse XDP with them. */
const BREAK_XDP = ['rx-lro', 'rx-gro-hw']

export interface Asked {
  /** Queues that are to be taken. */
  queues?: number[]
  /** CPUs that workers are to run on. */
  cpus?: number[]
}

const text = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8').trim() : '')

/** '0-3,8' -> [0, 1, 2, 3, 8] */
const numbers = (ranges: string): number[] =>
  ranges
    .split(',')
    .filter(Boolean)
    .flatMap((range) => {
      const [from, to = from] = range.split('-').map(Number)
      return Array.from({ length: to - from + 1 }, (_, i) => from + i)
    })

/** Tries what a driver may not be able to say. */
function ask<T>(question: () => T): T | undefined {
  try {
    return question()
  } catch {
    return undefined
  }
}

/** Interfaces of this network namespace that carry Ethernet, loopback left out. */
export function ethernetInterfaces(): string[] {
  return readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0].trim())
    .filter((name) => name && name !== 'lo' && !/^(ifb|dummy|tun|sit|gre|ip6tnl|teql)/.test(name))
}

export function interfaceChecks(
  native: Native,
  name: string,
  asked: Asked,
  leftovers: readonly Leftover[],
): Check[] {
  let dev: NativeInterface
  try {
    dev = native.nic.info(name)
  } catch (error) {
    return [fault(name, (error as Error).message, 'an interface of this network namespace', 'ip link')]
  }
  return [
    check(
      `${name}.up`,
      dev.up,
      dev.up ? (dev.carrier ? 'up' : 'up, no carrier') : 'down',
      'up',
      `ip link set ${name} up`,
    ),
    driverCheck(native, dev),
    ...queueChecks(native, dev, asked),
    zeroCopyCheck(native, dev),
    mtuCheck(dev),
    offloadCheck(native, dev),
    xdpCheck(native, dev),
    ...ruleChecks(native, dev, asked),
    ...numaChecks(dev, asked),
    leftoverCheck(dev, leftovers),
  ]
}

/** AF_XDP has packets of several frames from Linux 6.6 on. */
function kernelHasSegments(): boolean {
  const [major, minor] = release().split('.').map(Number)
  return major > 6 || (major === 6 && minor >= 6)
}

// A fault although --segments would do: it is an option that a program has to know of.
function mtuCheck({ name, mtu }: NativeInterface): Check {
  const several = layout.limits.segmentsMax * (4096 - XDP_HEADROOM) - ETHERNET
  return check(
    `${name}.mtu`,
    mtu <= LARGEST_MTU[4096],
    mtu > LARGEST_MTU[2048] && mtu <= LARGEST_MTU[4096] ? `${mtu}, with frames of 4096 bytes` : `${mtu}`,
    `at most ${LARGEST_MTU[2048]}, or ${LARGEST_MTU[4096]} with frames of 4096 bytes${kernelHasSegments() ? `, or ${several} with --segments` : ''}`,
    `ip link set ${name} mtu 1500`,
  )
}

/** An offload that is on, cannot be switched off, and makes the driver refuse XDP. */
function xdpBlocker(native: Native, name: string): string | undefined {
  const features = ask(() => native.nic.features(name)) ?? {}
  return BREAK_XDP.find((feature) => features[feature]?.on && features[feature].fixed)
}

function driverCheck(native: Native, { name, driver, xdp }: NativeInterface): Check {
  const blocker = xdpBlocker(native, name)
  if (blocker)
    return note(
      `${name}.driver`,
      `${driver}, no native XDP while ${blocker} is on, which can't be switched off here`,
      "native XDP with redirect; xdp: 'generic' is slower",
    )
  if (!xdp)
    return note(`${name}.driver`, driver || 'none', 'XDP in the driver; kernels before 6.3 do not tell')
  if (xdp.native && xdp.redirect)
    return pass(`${name}.driver`, `${driver}, native XDP`, 'native XDP with redirect')
  return note(
    `${name}.driver`,
    `${driver || 'none'}, no native XDP`,
    "native XDP with redirect; xdp: 'generic' is slower",
  )
}

function zeroCopyCheck(native: Native, { name, xdp }: NativeInterface): Check {
  if (xdpBlocker(native, name)) return note(`${name}.zero_copy`, 'none without native XDP', 'zero-copy')
  if (!xdp) return note(`${name}.zero_copy`, 'unknown', 'kernel 6.3 or later tells')
  // Some drivers claim it for the device's other modes; the bind() decides, and the port says what it got.
  return xdp.zeroCopy
    ? pass(
        `${name}.zero_copy`,
        'the driver says that it can',
        'zero-copy; port.capabilities.mode says what a port got',
      )
    : note(`${name}.zero_copy`, 'the driver lacks it: copy mode', 'zero-copy')
}

function queueChecks(native: Native, dev: NativeInterface, { queues = [] }: Asked): Check[] {
  const { name, rxQueues, txQueues } = dev
  const missing = queues.filter((queue) => queue >= rxQueues)
  const channels = ask(() => native.nic.channels(name))
  const most = channels ? Math.max(channels.combinedMax, channels.rxMax) : rxQueues
  const found = `${rxQueues} receive, ${txQueues} transmit${channels ? `, at most ${most}` : ''}`
  const wanted = queues.length ? `queues ${queues.join(', ')}` : '1 or more'
  const enough = Math.max(...queues, 0) + 1
  const rss = ask(() => native.nic.rss(name))
  const ntuple = ask(() => native.nic.flows(name))
  const offloads = ask(() => native.nic.offloads(name))
  return [
    missing.length === 0
      ? pass(`${name}.queues`, found, wanted)
      : enough <= most
        ? fault(`${name}.queues`, found, wanted, `ethtool -L ${name} combined ${enough}`)
        : note(`${name}.queues`, found, wanted),
    ntuple
      ? pass(
          `${name}.ntuple`,
          `${ntuple.length} rules${offloads?.ntuple ? '' : ', switched off until needed'}`,
          'n-tuple rules',
        )
      : note(
          `${name}.ntuple`,
          'the driver has none',
          "n-tuple rules, to take some queues only; else all queues, or steering: 'external'",
        ),
    rss
      ? pass(`${name}.rss`, `table of ${rss.length}, queues ${[...new Set(rss)].join(' ')}`, 'an RSS table')
      : note(`${name}.rss`, 'the driver has no table', 'an RSS table, to take some queues only'),
  ]
}

function offloadCheck(native: Native, { name, driver }: NativeInterface): Check {
  const offloads = ask(() => native.nic.offloads(name))
  if (!offloads) return note(`${name}.offloads`, 'unknown', 'lro off, rx-gro-hw off')
  const features = ask(() => native.nic.features(name)) ?? {}
  const state = (feature: string) => {
    const { on, fixed } = features[feature] ?? { on: false, fixed: true }
    return `${feature} ${on ? 'on' : 'off'}${on && fixed ? ' (fixed)' : ''}`
  }
  const found = [...BREAK_XDP.map(state), `rxvlan ${offloads.rxvlan ? 'on' : 'off'}`].join(', ')
  const wanted = `${BREAK_XDP.join(' and ')} off (rxvlan is switched off while rules are in force)`
  if (xdpBlocker(native, name)) return note(`${name}.offloads`, found, wanted)
  // virtio_net switches them off by itself when XDP comes, where the host lets it.
  const wrong = BREAK_XDP.filter((feature) => features[feature]?.on && driver !== 'virtio_net')
  const fix = `ethtool -K ${name} ${wrong.map((feature) => `${feature} off`).join(' ')}`
  return check(`${name}.offloads`, wrong.length === 0, found, wanted, fix)
}

/** Processes that hold a BPF program by a descriptor, as far as this one may look. */
function holders(program: number): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    const folder = `/proc/${pid}/fdinfo`
    const held = (fd: string) =>
      new RegExp(`^prog_id:\\s*${program}$`, 'm').test(readFileSync(`${folder}/${fd}`, 'utf8'))
    return ask(() => readdirSync(folder))?.some((fd) => ask(() => held(fd))) ?? false
  })
}

const OUR_PROGRAM = 'rxburst'

function xdpCheck(native: Native, { name, xdpProgram }: NativeInterface): Check {
  const attached = xdpProgram ? native.nic.xdpAttached(name) : null
  if (!attached) return pass(`${name}.xdp`, 'no program attached', 'none')
  const pids = holders(attached.id)
  const by = pids.length ? `, held by process ${pids.join(', ')}` : ''
  const whose = `program ${attached.id}${attached.name ? ` '${attached.name}'` : ''}${by}`
  if (attached.name === '') return note(`${name}.xdp`, `${whose}; whose it is root can see`, 'none')
  if (attached.name === OUR_PROGRAM && pids.length)
    return note(`${name}.xdp`, `${whose}: rxburst is running`, 'none')
  return fault(`${name}.xdp`, `${whose} is attached`, 'none', attached.off)
}

function ruleChecks(native: Native, { name }: NativeInterface, { queues }: Asked): Check[] {
  if (!queues) return []
  const rules = ask(() => native.nic.flows(name)) ?? []
  const ours = rules.filter(({ queue }) => queues.includes(queue))
  const [first] = ours
  return [
    first
      ? fault(
          `${name}.rules`,
          `${ours.length} NIC rule${ours.length === 1 ? '' : 's'} for these queues`,
          'none: somebody else steers there',
          `ethtool -N ${name} delete ${first.place}`,
        )
      : pass(`${name}.rules`, 'no NIC rule for these queues', 'none'),
  ]
}

function numaChecks({ name }: NativeInterface, { cpus = [] }: Asked): Check[] {
  const online = numbers(text('/sys/devices/system/cpu/online'))
  const missing = cpus.filter((cpu) => !online.includes(cpu))
  if (missing.length)
    return [
      note(
        `${name}.numa`,
        `this machine has no CPU ${missing.join(', ')}`,
        `CPUs among ${online.join(', ')}`,
      ),
    ]
  const node = Number(text(`/sys/class/net/${name}/device/numa_node`) || -1)
  const nodes = readdirSync('/sys/devices/system/node').filter((each) => /^node\d+$/.test(each))
  if (nodes.length < 2 || node < 0)
    return [pass(`${name}.numa`, nodes.length < 2 ? 'one node' : 'the device has no node')]
  const near = numbers(text(`/sys/devices/system/node/node${node}/cpulist`))
  const far = cpus.filter((cpu) => !near.includes(cpu))
  return [
    check(
      `${name}.numa`,
      far.length === 0,
      `node ${node}${far.length ? `; CPU ${far.join(', ')} is on another` : ''}`,
      `workers on CPUs of node ${node}`,
      `npx rxburst doctor ${name} --cpus ${near.slice(0, Math.max(cpus.length, 1)).join(',')}`,
    ),
  ]
}

function leftoverCheck({ name, index }: NativeInterface, leftovers: readonly Leftover[]): Check {
  const dead = leftovers.filter((each) => each.index === index && !each.alive && each.where === 'here')
  const changes = dead.reduce((sum, each) => sum + each.changes.length, 0)
  return check(
    `${name}.leftovers`,
    dead.length === 0,
    dead.length === 0
      ? 'none'
      : `${changes} settings of process ${dead.map((each) => each.pid).join(', ')}, which is gone`,
    'none',
    'npx rxburst doctor --repair',
  )
}
