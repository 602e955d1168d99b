// drop: getting rid of packets, in the kernel and above it.
import { closeAll, ON_INTERFACE } from '../contestants/backends.js'
import type { Contestant } from '../contestants/contestant.js'
import { ours, PlaneHost } from '../contestants/ours.js'
import { benchLabDown, benchLabUp, near, XdpTraffic } from '../environment/lab.js'
import { nftDrop, xdpBenchDrop, xdpDrop } from '../peers/kernel.js'
import type { Match, Scenario } from '../scenario.js'

const BURST = 64

async function make(): Promise<Match> {
  benchLabUp()
  const traffic = new XdpTraffic()
  const hosts: PlaneHost[] = []
  const contestants: Contestant[] = [nftDrop(), xdpDrop(), xdpBenchDrop()]
  for (const { label, backend, device, port, copies, holds } of ON_INTERFACE) {
    if (backend !== 'afxdp' && device !== 'net_af_xdp') continue
    const host = new PlaneHost({ ports: [port(near, 0)] }, !holds)
    hosts.push(host)
    contestants.push(
      ours({
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
      }),
    )
  }
  for (const contestant of contestants) contestant.traffic = traffic
  return {
    contestants,
    ratios: [
      ['TypeScript drop on AF_XDP', 'nft raw drop'],
      ['TypeScript drop on AF_XDP', 'XDP_DROP'],
    ],
    async close() {
      await closeAll([...hosts, traffic])
      benchLabDown()
    },
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
