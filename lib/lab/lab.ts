// The lab: two hosts in network namespaces, each on one end of a veth whose near end is a port to try things on.
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { RxburstError } from '../errors.js'
import { native } from '../native.js'
import { findLink } from './iproute.js'

export type Side = 'left' | 'right'
export const SIDES: readonly Side[] = ['left', 'right']

/** The flow that reaches a queue of its own in a bifurcated lab. */
export interface Bifurcation {
  /** UDP destination port. */
  port: number
  /** The near end's receiving queue; everything else reaches queue 0. */
  queue: number
}

export interface LabOptions {
  /**
   * Namespaces are called NAME-left and NAME-right, and so are the near ends (of the lab `rxburst`: rxb-left,
   * rxb-right).
   */
  name?: string
  /** Queues of every veth end, 1 to 64. */
  queues?: number
  /** `true`: udp dst port 4321 to queue 1. */
  bifurcated?: boolean | Bifurcation
  /** Is told every command before it runs, and what the lab has to say. */
  say?: (line: string) => void
}

export interface LabHost {
  host: Side
  namespace: string
  namespace_exists: boolean
  /** The far end, inside the namespace. */
  interface: string
  address: string
  mac: string
  /** The near end: the port to open. */
  near: string
  near_exists: boolean
  near_up: boolean
  near_mac: string | null
  /** The near end's own address, in a bifurcated lab. */
  near_address: string | null
  /** Id of the XDP program attached to the near end. */
  near_xdp: number | null
}

export interface LabState {
  lab: string
  state: 'up' | 'partial' | 'down'
  queues: number | null
  bifurcated: Bifurcation | null
  hosts: LabHost[]
  /** What one may try next. */
  commands: string[]
  /** What one should know before. */
  notes: string[]
}

export const LAB = 'rxburst'
export const FLOW: Bifurcation = { port: 4321, queue: 1 }
const QUEUES_MAX = 64
// Locally administered; "rxb" in ASCII. A near end is known to be the lab's by its MAC, which it has from birth.
const FAR_MAC: Record<Side, string> = { left: '02:72:78:62:00:01', right: '02:72:78:62:00:02' }
const NEAR_MAC: Record<Side, string> = { left: '02:72:78:62:00:11', right: '02:72:78:62:00:12' }
const ADDRESS: Record<Side, string> = { left: '10.77.0.1', right: '10.77.0.2' }
const NEAR_ADDRESS: Record<Side, string> = { left: '10.77.0.11', right: '10.77.0.12' }
const FAR = 'eth0'

const other = (side: Side): Side => (side === 'left' ? 'right' : 'left')
export const labNamespace = (side: Side, name = LAB) => `${name}-${side}`
export const labPort = (side: Side, name = LAB) => `${name === LAB ? 'rxb' : name}-${side}`
export const labAddress = (side: Side) => ADDRESS[side]
export const labMac = (side: Side) => FAR_MAC[side]

/** The command line that runs `command` on a host of the lab. */
export function onHost(side: Side, command: readonly string[], name = LAB): string[] {
  return ['ip', 'netns', 'exec', labNamespace(side, name), ...command]
}

/** Makes the lab. One that is there already, in the shape asked for, is left as it is. */
export function labUp(options: LabOptions = {}): LabState {
  const { name, queues, flow } = checked(options)
  const lab = new Lab(name, options.say)
  const found = labStatus(name)
  const same = found.queues === queues && JSON.stringify(found.bifurcated) === JSON.stringify(flow)
  if (found.state === 'up' && same) return found
  for (const { near, near_exists, near_mac, host } of found.hosts)
    if (near_exists && !isOwn(host, near_mac)) throw foreign(near, near_mac)
  if (found.state !== 'down') {
    lab.say(
      `# the lab ${name} is ${found.state === 'up' ? 'there in another shape' : 'half made'}: making it anew`,
    )
    lab.remove(found)
  }
  try {
    for (const side of SIDES) lab.addHost(side, queues, flow)
  } catch (error) {
    lab.remove(labStatus(name))
    throw error
  }
  return labStatus(name)
}

/** Removes all of the lab that there is, also when it was only half made. */
export function labDown(options: Pick<LabOptions, 'name' | 'say'> = {}): LabState {
  const { name } = checked(options)
  new Lab(name, options.say).remove(labStatus(name))
  return labStatus(name)
}

/** What exists of the lab. Changes nothing. */
export function labStatus(name = LAB): LabState {
  const hosts = SIDES.map((side) => inspectHost(side, name))
  const parts = hosts.flatMap((h) => [
    h.namespace_exists,
    h.near_exists && isOwn(h.host, h.near_mac),
    h.near_up,
  ])
  const state = parts.every(Boolean) ? 'up' : parts.some(Boolean) ? 'partial' : 'down'
  const queues = state === 'down' ? null : queuesOf(labPort('left', name))
  const bifurcated = state === 'up' ? readBifurcation(labNamespace('left', name)) : null
  if (!bifurcated) for (const host of hosts) host.near_address = null
  return { lab: name, state, queues, bifurcated, hosts, ...advice(name, state, bifurcated) }
}

function checked(options: LabOptions) {
  const name = options.name ?? LAB
  if (!/^[a-z][a-z0-9-]{0,8}$/.test(name))
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `a lab's name is 1 to 9 of a-z, 0-9 and -, because its interfaces are called NAME-right; '${name}' is not.`,
    )
  const flow = options.bifurcated === true ? FLOW : options.bifurcated || null
  const queues = options.queues ?? (flow ? flow.queue + 1 : 1)
  if (!Number.isInteger(queues) || queues < 1 || queues > QUEUES_MAX)
    throw new RxburstError('ERR_BAD_OPTION', `a lab has 1 to ${QUEUES_MAX} queues, not ${queues}.`)
  if (flow && !(Number.isInteger(flow.port) && flow.port > 0 && flow.port < 65536))
    throw new RxburstError('ERR_BAD_OPTION', `the UDP port of the flow is 1 to 65535, not ${flow.port}.`)
  if (flow && !(Number.isInteger(flow.queue) && flow.queue >= 0 && flow.queue < queues))
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `the flow is to reach queue ${flow.queue}, and the lab has ${queues}: --queues ${flow.queue + 1}`,
    )
  return { name, queues, flow }
}

// In a bifurcated lab each near end wears the MAC of the host behind the other one: what the hosts send to each other
// is then for the near end too, so its kernel takes and routes it, and a forwarder that changes nothing still delivers
// it.
const nearMac = (side: Side, flow: Bifurcation | null) => (flow ? FAR_MAC[other(side)] : NEAR_MAC[side])
const isOwn = (side: Side, mac: string | null) => mac === NEAR_MAC[side] || mac === FAR_MAC[other(side)]

function foreign(near: string, mac: string | null) {
  return new RxburstError(
    'ERR_PORT_BUSY',
    `there is an interface ${near} (${mac}) that is not the lab's. Rename it, or give the lab another name: --name NAME`,
  )
}

class Lab {
  constructor(
    readonly name: string,
    readonly say: (line: string) => void = () => {},
  ) {}

  addHost(side: Side, queues: number, flow: Bifurcation | null) {
    const space = labNamespace(side, this.name)
    const near = labPort(side, this.name)
    const counts = `numtxqueues ${queues} numrxqueues ${queues}`
    this.run(`ip netns add ${space}`)
    this.write('/proc/sys/net/ipv6/conf/all/disable_ipv6', 1, space)
    this.run(
      `ip link add ${near} address ${nearMac(side, flow)} ${counts} type veth ` +
        `peer name ${FAR} netns ${space} address ${FAR_MAC[side]} ${counts}`,
    )
    this.write(`/proc/sys/net/ipv6/conf/${near}/disable_ipv6`, 1)
    // What leaves a host must be a whole packet: its checksum computed, no larger than the MTU, its VLAN tag in place.
    // "tx off" takes TCP segmentation with it. Whatever a near end's own kernel sends is treated alike.
    this.run(`ip netns exec ${space} ethtool -K ${FAR} tx off txvlan off gro off`)
    this.run(`ethtool -K ${near} tx off txvlan off gro off`)
    this.run(`ip -n ${space} address add ${ADDRESS[side]}/24 dev ${FAR}`)
    this.run(`ip -n ${space} link set lo up`)
    this.run(`ip -n ${space} link set ${FAR} up`)
    if (flow) this.bifurcate(side, flow, queues)
    if (flow) this.run(`ip address add ${NEAR_ADDRESS[side]} peer ${ADDRESS[side]}/32 dev ${near}`)
    this.run(`ip link set ${near} up`) // last, for labStatus takes it as the sign that the host is whole
  }

  // The far end picks the queue; the near end's kernel answers on its own address and routes between the hosts.
  private bifurcate(side: Side, flow: Bifurcation, queues: number) {
    const space = labNamespace(side, this.name)
    const near = labPort(side, this.name)
    // Under XDP a veth's receiver has a ring of 256 packets. With a queue of its own (kernel 6.16) the sender waits
    // when that is full, and the kernel's traffic loses nothing to a burst of its own.
    if (queues > 1) this.run(`tc -n ${space} qdisc add dev ${FAR} root mq`)
    this.run(`tc -n ${space} qdisc add dev ${FAR} clsact`)
    const words = bifurcationName(flow)
    this.say(`+ (rtnetlink) tc -n ${space} filter add dev ${FAR} egress bpf direct-action   # ${words}`)
    native.traffic.classifyUdp({
      namespace: `/run/netns/${space}`,
      interface: FAR,
      port: flow.port,
      queue: flow.queue,
      name: words,
    })
    this.run(
      `ip -n ${space} neighbour add ${ADDRESS[other(side)]} lladdr ${FAR_MAC[other(side)]} dev ${FAR} nud permanent`,
    )
    this.write(`/proc/sys/net/ipv4/conf/${near}/forwarding`, 1)
    this.write(`/proc/sys/net/ipv4/conf/${near}/send_redirects`, 0)
  }

  remove(found: LabState) {
    for (const { host, namespace, namespace_exists, near, near_exists, near_mac } of found.hosts) {
      if (near_exists && isOwn(host, near_mac)) this.run(`ip link delete ${near}`)
      if (!namespace_exists) continue
      const left = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).stdout?.trim()
      if (left) this.say(`# still running in ${namespace}: process ${left.split('\n').join(', ')}`)
      this.run(`ip netns delete ${namespace}`)
    }
  }

  private run(line: string) {
    this.say(`+ ${line}`)
    run(line.split(' '))
  }

  private write(path: string, value: number, space?: string) {
    if (path.includes('/ipv6/') && !existsSync('/proc/sys/net/ipv6')) return
    if (space) this.say(`+ ip netns exec ${space} sh -c 'echo ${value} > ${path}'`)
    else this.say(`+ echo ${value} > ${path}`)
    if (space) run(['ip', 'netns', 'exec', space, 'sh', '-c', `echo ${value} > ${path}`])
    else writeFileSync(path, String(value))
  }
}

// In a session of its own, so that a terminal's Ctrl-C cuts no command short: the lab is then taken down in order.
const APART = { encoding: 'utf8', detached: true } as const

function run(argv: string[]): void {
  const line = argv.join(' ')
  const [program, ...rest] = argv
  const { error, status, signal, stderr } = spawnSync(program, rest, APART)
  if (error && 'code' in error && error.code === 'ENOENT')
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `the lab needs ${program}, which is not installed: apt-get install iproute2 ethtool`,
    )
  if (status === 0) return
  const why = error?.message ?? (signal ? `ended by ${signal}` : stderr.trim() || `exit status ${status}`)
  if (/not permitted|permission denied/i.test(why))
    throw new RxburstError(
      'ERR_NO_CAPABILITY',
      `making network namespaces and interfaces takes root: sudo npx rxburst lab up (${line}: ${why})`,
    )
  throw new RxburstError('ERR_SYSTEM', `${line}: ${why}`)
}

function inspectHost(side: Side, name: string): LabHost {
  const near = labPort(side, name)
  const link = findLink(near)
  const veth = link?.linkinfo?.info_kind === 'veth'
  return {
    host: side,
    namespace: labNamespace(side, name),
    namespace_exists: existsSync(`/run/netns/${labNamespace(side, name)}`),
    interface: FAR,
    address: `${ADDRESS[side]}/24`,
    mac: FAR_MAC[side],
    near,
    near_exists: link !== null,
    near_up: link?.flags.includes('UP') ?? false,
    near_mac: veth ? link.address : null,
    near_address: NEAR_ADDRESS[side],
    near_xdp: link?.xdp?.prog?.id ?? null,
  }
}

const queuesOf = (near: string) => findLink(near)?.num_rx_queues ?? null

const bifurcationName = (flow: Bifurcation) => `udp dst port ${flow.port} to queue ${flow.queue}`

function readBifurcation(space: string): Bifurcation | null {
  const { stdout } = spawnSync('tc', ['-n', space, 'filter', 'show', 'dev', FAR, 'egress'], {
    encoding: 'utf8',
  })
  const words = /udp dst port (\d+) to queue (\d+)/.exec(stdout ?? '')
  return words && { port: Number(words[1]), queue: Number(words[2]) }
}

function advice(
  name: string,
  state: LabState['state'],
  flow: Bifurcation | null,
): Pick<LabState, 'commands' | 'notes'> {
  const notes = flow
    ? [
        `xdp: floods with live frames, which pass the classifier by: the veth puts them on the queue of the CPU that sends them, so --cpu ${flow.queue} reaches queue ${flow.queue}`,
      ]
    : []
  return { commands: suggestions(name, state, flow), notes }
}

function suggestions(name: string, state: LabState['state'], flow: Bifurcation | null): string[] {
  const named = name === LAB ? '' : ` --name ${name}`
  if (state === 'down') return [`npx rxburst lab up${named}`]
  if (state === 'partial') return [`npx rxburst lab up${named}`, `npx rxburst lab down${named}`]
  const [left, right] = SIDES.map((side) => labPort(side, name))
  const from = `ip netns exec ${labNamespace('left', name)}`
  const taken = ` --take-all${flow ? ` --queues ${flow.queue} --steering external` : ''}`
  const sender = flow ? ` --cpu ${flow.queue}` : ''
  const flooded = `'udp ${ADDRESS.left}:1024 > ${ADDRESS.right}:${flow?.port ?? FLOW.port}'`
  return [
    `npx rxburst l2fwd afxdp:${left} afxdp:${right}${taken}`,
    `${from} ping ${ADDRESS.right}`,
    ...(flow ? [`${from} ping ${NEAR_ADDRESS.left}`] : []),
    `npx rxburst drop afxdp:${left}${taken}`,
    `${from} npx rxburst generate xdp:${FAR} --flow ${flooded} --duration 5${sender}`,
    `npx rxburst lab down${named}`,
  ]
}
