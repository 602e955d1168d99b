// The benchmark's own labs: generated traffic comes in at `near`, what is forwarded leaves by `out`, and kernel sockets
// have an address.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { RxburstError } from '../../errors.js'
import { labDown, labMac, labNamespace, labPort, labUp } from '../../lab/lab.js'
import { Child } from '../children/process.js'
import type { Traffic } from '../contestants/contestant.js'
import { GENERATOR_CPU } from '../contestants/ours.js'

const NAME = 'rxbench'
/** The UDP port that all traffic is for. */
export const PORT = 4321
/** A destination that no host has: what arrives for it at the far right is thrown away as early as the kernel can. */
export const NOBODY = '02:72:78:62:00:99'

export function command(line: string): string {
  const [file, ...rest] = line.split(' ')
  const { status, stdout, stderr, error } = spawnSync(file, rest, { encoding: 'utf8' })
  if (status !== 0) throw new RxburstError('ERR_SYSTEM', `${line}: ${error?.message ?? stderr.trim()}`)
  return stdout
}

/**
 * A lab of a number of its own has interfaces, namespaces and addresses of its own, so contestants in two labs can be
 * alive at once.
 */
export class BenchLab {
  readonly name: string
  readonly near: string
  readonly out: string
  readonly farNamespace: string
  /** Addresses that no other lab uses: the generator's source, and the near end for kernel sockets. */
  readonly farAddress: string
  readonly nearAddress: string

  constructor(number = 0) {
    this.name = `${NAME}${number || ''}`
    this.near = labPort('left', this.name)
    this.out = labPort('right', this.name)
    this.farNamespace = labNamespace('left', this.name)
    this.farAddress = `10.77.${7 + number}.1`
    this.nearAddress = `10.77.${7 + number}.2`
  }

  /** Makes it. */
  up(queues = 1): this {
    const { name, near, farNamespace, farAddress, nearAddress } = this
    labUp({ name, queues })
    for (const line of [
      `ip -n ${farNamespace} address replace ${farAddress}/24 dev eth0`,
      `ip address replace ${nearAddress} peer ${farAddress}/32 dev ${near}`,
      `ip -n ${farNamespace} neighbour replace ${nearAddress} lladdr ${macOf(near)} dev eth0 nud permanent`,
      `ip neighbour replace ${farAddress} lladdr ${labMac('left')} dev ${near} nud permanent`,
      // Without an XDP program a veth takes live frames with gro only (FACTS: kernel receivers would see nothing).
      `ethtool -K ${near} gro on`,
    ])
      command(line)
    return this
  }

  down(): void {
    labDown({ name: this.name })
  }

  /** Packets that left by the lab's other side, by the outgoing interface's own counter. */
  readonly forwarded = () => interfaceCounter(this.out, 'tx_packets')
}

/** Labs for contestants that are alive side by side: a lab and its traffic for each. */
export class BenchLabs {
  readonly #made: { lab: BenchLab; traffic: XdpTraffic }[] = []

  constructor(readonly options: XdpTrafficOptions = {}) {}

  /** The next contestant's. */
  next(options: XdpTrafficOptions = {}): { lab: BenchLab; traffic: XdpTraffic } {
    const lab = new BenchLab(this.#made.length)
    const made = { lab, traffic: new XdpTraffic(lab, { ...this.options, ...options }) }
    this.#made.push(made)
    try {
      lab.up()
    } catch (error) {
      for (const { lab } of this.#made) lab.down()
      throw error
    }
    return made
  }

  async close(): Promise<void> {
    for (const { traffic } of this.#made) await traffic.close()
    for (const { lab } of this.#made) lab.down()
  }
}

function macOf(name: string): string {
  const { stdout } = spawnSync('ip', ['-j', 'link', 'show', 'dev', name], { encoding: 'utf8' })
  return (JSON.parse(stdout || '[{}]') as { address?: string }[])[0]?.address ?? ''
}

export interface XdpTrafficOptions {
  size?: number
  packetsPerSecond?: number
  toMac?: string
  /** Source ports from 0 on, so many. Default: 1024 to 1087. */
  sources?: number
  /** Destination ports from PORT on, so many. Default 1. */
  destinations?: number
}

/** A counter of an interface of this namespace, such as rx_packets. */
function interfaceCounter(name: string, counter: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/statistics/${counter}`, 'utf8'))
  } catch {
    return 0 // the interface is gone; whoever uses it says so
  }
}

/** XDP live frames from the far host, as fast as one core sends them unless a rate is given. */
export class XdpTraffic implements Traffic {
  #child: Child | undefined

  constructor(
    readonly lab: BenchLab,
    readonly options: XdpTrafficOptions = {},
  ) {}

  async start(): Promise<void> {
    const { farNamespace, farAddress, nearAddress, near } = this.lab
    if (!this.#child?.alive) {
      this.#child = await Child.start('generator', { namespace: farNamespace, cpu: GENERATOR_CPU })
      const { size = 64, packetsPerSecond = 0, sources, destinations = 1 } = this.options
      // Hosts behind the generator: source ports, so that flows spread where something hashes them.
      const range = sources === undefined ? '1024-1087' : `0-${sources - 1}`
      const flows = Array.from(
        { length: destinations },
        (_, i) => `udp ${farAddress}:${range} > ${nearAddress}:${PORT + i}`,
      )
      const order = { port: 'xdp:eth0', flows, size, packetsPerSecond, cpu: GENERATOR_CPU }
      await this.#child.call('open', { ...order, toMac: this.options.toMac ?? macOf(near) })
    }
    await this.#child.call('go')
  }

  async stop(): Promise<void> {
    if (this.#child?.alive) await this.#child.call('halt')
  }

  offered(): number {
    return interfaceCounter(this.lab.near, 'rx_packets')
  }

  /** libxdp's program stays when its process is killed. */
  reset(): void {
    for (const dev of [this.lab.near, this.lab.out])
      spawnSync('ip', ['link', 'set', 'dev', dev, 'xdp', 'off'])
  }

  async close(): Promise<void> {
    await this.#child?.end()
  }
}
