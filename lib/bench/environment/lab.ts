// The benchmark's own lab: generated traffic comes in at `near`, what is forwarded leaves by `out`, and kernel sockets have an address.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { RxburstError } from '../../errors.js'
import { labDown, labMac, labNamespace, labPort, labUp } from '../../lab/lab.js'
import { Child } from '../children/process.js'
import type { Traffic } from '../contestants/contestant.js'
import { GENERATOR_CPU } from '../contestants/ours.js'

export const NAME = 'rxbench'
/** Addresses that no other lab uses: the generator's source, and the near end for kernel sockets. */
export const FAR_ADDRESS = '10.77.7.1'
export const NEAR_ADDRESS = '10.77.7.2'
export const PORT = 4321
/** Hosts behind the far end's generator: source ports, so that flows spread where something hashes them. */
export const FLOW = `udp ${FAR_ADDRESS}:1024-1087 > ${NEAR_ADDRESS}:${PORT}`
export const FAR_NAMESPACE = labNamespace('left', NAME)
export const near = labPort('left', NAME)
export const out = labPort('right', NAME)

export function command(line: string): string {
  const [file, ...rest] = line.split(' ')
  const { status, stdout, stderr, error } = spawnSync(file, rest, { encoding: 'utf8' })
  if (status !== 0) throw new RxburstError('ERR_SYSTEM', `${line}: ${error?.message ?? stderr.trim()}`)
  return stdout
}

export function benchLabUp(queues = 1): void {
  labUp({ name: NAME, queues })
  for (const line of [
    `ip -n ${FAR_NAMESPACE} address replace ${FAR_ADDRESS}/24 dev eth0`,
    `ip address replace ${NEAR_ADDRESS} peer ${FAR_ADDRESS}/32 dev ${near}`,
    `ip -n ${FAR_NAMESPACE} neighbour replace ${NEAR_ADDRESS} lladdr ${macOf(near)} dev eth0 nud permanent`,
    `ip neighbour replace ${FAR_ADDRESS} lladdr ${labMac('left')} dev ${near} nud permanent`,
    // Without an XDP program a veth takes live frames with gro only (FACTS: kernel receivers would see nothing).
    `ethtool -K ${near} gro on`,
  ])
    command(line)
}

export const benchLabDown = () => labDown({ name: NAME })

export function macOf(name: string): string {
  const { stdout } = spawnSync('ip', ['-j', 'link', 'show', 'dev', name], { encoding: 'utf8' })
  return (JSON.parse(stdout || '[{}]') as { address?: string }[])[0]?.address ?? ''
}

/** A destination that no host has: what arrives for it at the far right is thrown away as early as the kernel can. */
export const NOBODY = '02:72:78:62:00:99'

export interface XdpTrafficOptions {
  size?: number
  packetsPerSecond?: number
  toMac?: string
}

/** A counter of an interface of this namespace, such as rx_packets. */
function interfaceCounter(name: string, counter: string): number {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/statistics/${counter}`, 'utf8'))
  } catch {
    return 0 // the interface is gone; whoever uses it says so
  }
}

/** Packets that left by the lab's other side, by the outgoing interface's own counter. */
export const forwarded = () => interfaceCounter(out, 'tx_packets')

/** XDP live frames from the far host, as fast as one core sends them unless a rate is given. */
export class XdpTraffic implements Traffic {
  #child: Child | undefined
  constructor(readonly options: XdpTrafficOptions = {}) {}

  async start(): Promise<void> {
    if (!this.#child?.alive) {
      this.#child = await Child.start('generator', { namespace: FAR_NAMESPACE, cpu: GENERATOR_CPU })
      const { size = 64, packetsPerSecond = 0 } = this.options
      const order = { port: 'xdp:eth0', flow: FLOW, size, packetsPerSecond, cpu: GENERATOR_CPU }
      await this.#child.call('open', { ...order, toMac: this.options.toMac ?? macOf(near) })
    }
    await this.#child.call('go')
  }

  async stop(): Promise<void> {
    if (this.#child?.alive) await this.#child.call('halt')
  }

  offered(): number {
    return interfaceCounter(near, 'rx_packets')
  }

  /** libxdp's program stays when its process is killed. */
  reset(): void {
    for (const dev of [near, out]) spawnSync('ip', ['link', 'set', 'dev', dev, 'xdp', 'off'])
  }

  async close(): Promise<void> {
    await this.#child?.end()
  }
}
