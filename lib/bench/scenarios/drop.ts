// drop: getting rid of packets, in the kernel and above it.
import { closeAll, ON_INTERFACE } from '../contestants/backends.js'
import type { Contestant } from '../contestants/contestant.js'
import { ours, PlaneHost } from '../contestants/ours.js'
import { type BenchLab, BenchLabs } from '../environment/lab.js'
import { nftDrop, xdpBenchDrop, xdpDrop } from '../peers/kernel.js'
import type { Match, Scenario } from '../scenario.js'

const BURST = 64

async function make(): Promise<Match> {
  const labs = new BenchLabs()
  const hosts: PlaneHost[] = []
  const contestants: Contestant[] = []
  const add = (make: (lab: BenchLab) => Contestant) => {
    const { lab, traffic } = labs.next()
    contestants.push({ ...make(lab), traffic })
  }
  for (const peer of [nftDrop, xdpDrop, xdpBenchDrop]) add(peer)
  for (const { label, backend, device, port, copies } of ON_INTERFACE) {
    if (backend !== 'afxdp' && device !== 'net_af_xdp') continue
    add(({ near }) => {
      const host = new PlaneHost({ ports: [port(near, 0)] }, false)
      hosts.push(host)
      return ours({
        ...{ name: `TypeScript drop on ${label}`, does: `counts, drops the whole burst; ${copies}` },
        ...{
          runtime: 'ts',
          api: 'burst',
          backend,
          ...(device ? { device } : {}),
          mode: 'drop',
          burst: BURST,
        },
        ...{ host, processor: 'drop', counts: 'rx' },
      })
    })
  }
  return {
    contestants,
    groups: [{ members: contestants }],
    ratios: [
      ['TypeScript drop on AF_XDP', 'nft raw drop'],
      ['TypeScript drop on AF_XDP', 'XDP_DROP'],
      ['TypeScript drop on AF_XDP', 'XDP_DROP', 'mpps_per_cpu'],
    ],
    close: () => closeAll([...hosts, labs]),
  }
}

export const dropScenario: Scenario = {
  name: 'drop',
  about: 'one flood of 64-byte packets, and how fast it can be thrown away',
  seconds: 50,
  lab: true,
  hugepages: true,
  cpus: 2,
  make,
}
