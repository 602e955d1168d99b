// Flows in the driver against programs in the driver: all are flooded with the same flows, each on a pair of interfaces
// of its own.
import { type BenchLab, BenchLabs, PORT } from '../environment/lab.js'
import { ownCore, xdpDrop, xdpDrops, xdpFilter } from '../peers/kernel.js'
import type { Group, Match } from '../scenario.js'
import { closeAll } from './backends.js'
import type { Contestant } from './contestant.js'
import { ours, PlaneHost } from './ours.js'

const BURST = 64
const CPU = 'mpps_per_cpu'

/** Source ports from 0 on, and destination ports: each pair is a flow. */
const SIZES = {
  '1k': { sources: 1000, destinations: 1 },
  '100k': { sources: 50_000, destinations: 2 },
  '1m': { sources: 65_536, destinations: 16 },
} as const
type Size = keyof typeof SIZES

export interface DriverFlows {
  groups: Group[]
  ratios: Match['ratios']
  close(): Promise<void>
}

function inDriver(lab: BenchLab, size: Size, host: PlaneHost): Contestant {
  const { near, farAddress: from, nearAddress: to } = lab
  const contestant = ours({
    ...{ name: `flows in the driver, ${size}`, mode: `xdp-${size}`, runtime: 'ts', api: 'burst' },
    does: `the XDP program looks each packet's flow up, counts and drops it; the handler made the flows`,
    ...{ backend: 'afxdp', burst: BURST, host, processor: 'flowDriver', idle: 'wait', counts: 'rx' },
    data: { from, to, toPort: PORT, ...SIZES[size], prepares: true },
    counter: () => xdpDrops(near),
  })
  return {
    ...contestant,
    async start() {
      const running = await contestant.start()
      ownCore(near, true)
      return {
        ...running,
        async stop() {
          ownCore(near, false)
          await running.stop()
        },
      }
    },
  }
}

function handler(host: PlaneHost): Contestant {
  return ours({
    ...{ name: 'TypeScript drop on AF_XDP, 1k', does: 'counts, drops the whole burst' },
    ...{ runtime: 'ts', api: 'burst', backend: 'afxdp', mode: 'drop', burst: BURST },
    ...{ host, processor: 'drop', counts: 'rx' },
  })
}

export function driverFlows(): DriverFlows {
  const labs = new BenchLabs()
  const hosts: PlaneHost[] = []
  const hostOf = ({ near }: BenchLab) => {
    const host = new PlaneHost({ ports: [{ name: `afxdp:${near}`, options: { takeAll: true } }] }, false)
    hosts.push(host)
    return host
  }
  const groups: Group[] = []
  const ratios: Match['ratios'] = []
  for (const size of Object.keys(SIZES) as Size[]) {
    const members: Contestant[] = []
    const add = (make: (lab: BenchLab) => Contestant): string => {
      const { lab, traffic } = labs.next(SIZES[size])
      members.push({ ...make(lab), traffic })
      return members[members.length - 1].name
    }
    const flows = add((lab) => inDriver(lab, size, hostOf(lab)))
    const drop = add((lab) => ({ ...xdpDrop(lab), name: `XDP_DROP, ${size}`, mode: `drop-${size}` }))
    ratios.push([flows, drop, CPU, `xdp-${size}`])
    if (size === '1k') {
      ratios.push([flows, add(xdpFilter), CPU, 'xdp/filter'])
      ratios.push([flows, add((lab) => handler(hostOf(lab))), CPU, 'xdp/ts'])
    }
    groups.push({ members })
  }
  return { groups, ratios, close: () => closeAll([...hosts, labs]) }
}
