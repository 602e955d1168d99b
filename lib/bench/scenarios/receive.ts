// receive: one flood, and everyone who can take it.
import { closeAll, ON_INTERFACE } from '../contestants/backends.js'
import type { Contestant } from '../contestants/contestant.js'
import { ours, PlaneHost } from '../contestants/ours.js'
import { benchLabDown, benchLabUp, near, XdpTraffic } from '../environment/lab.js'
import { capReceiver } from '../peers/cap.js'
import { dgramReceiver, recvmmsgReceiver } from '../peers/sockets.js'
import { Testpmd, testpmdContestant } from '../peers/testpmd.js'
import type { Match, Scenario, ScenarioOptions } from '../scenario.js'

const BURST = 32

async function make({ dev }: ScenarioOptions): Promise<Match> {
  if (!dev) benchLabUp()
  const on = dev ?? near
  const traffic = dev ? undefined : new XdpTraffic()
  const hosts: PlaneHost[] = []
  const contestants: Contestant[] = []
  for (const { label, backend, device, port, copies, holds } of ON_INTERFACE) {
    const host = new PlaneHost({ ports: [port(on, 0)] }, !holds)
    hosts.push(host)
    const row = { backend, ...(device ? { device } : {}), mode: 'rxonly', burst: BURST, host } as const
    const does = `counts, drops the whole burst, touches nothing; ${copies}`
    const counts = 'rx'
    contestants.push(
      ours({
        ...{ ...row, name: `TypeScript on ${label}`, does, runtime: 'ts', api: 'burst', counts },
        processor: 'drop',
      }),
    )
    if (backend === 'afxdp')
      contestants.push(
        ours({
          ...{ ...row, name: `C loop on ${label}`, does, runtime: 'c', api: 'loop', counts },
          processor: 'cLoop',
          data: { mode: 'drop' },
        }),
      )
  }
  const testpmds = ['net_af_xdp', 'net_af_packet'].map((device) => ({
    device,
    testpmd: new Testpmd([`${device}0,iface=${on}`], { keep: false }),
  }))
  for (const { device, testpmd } of testpmds)
    contestants.push(
      testpmdContestant({
        name: `testpmd rxonly on ${device}`,
        does: "frees, touches nothing; the kernel copies each into DPDK's memory",
        backend: device,
        mode: 'rxonly',
        burst: BURST,
        testpmd,
        counts: 'rx',
      }),
    )
  contestants.push(...(dev ? [] : [dgramReceiver(), recvmmsgReceiver()]), capReceiver(on))
  for (const contestant of contestants) contestant.traffic = traffic
  return {
    contestants,
    ratios: [
      ['TypeScript on AF_XDP', 'testpmd rxonly on net_af_xdp'],
      ['TypeScript on AF_XDP', 'C loop on AF_XDP'],
      ['TypeScript on AF_XDP', 'node:dgram'],
      ['TypeScript on AF_XDP', 'node:dgram', 'mpps_per_cpu'],
      ['TypeScript on AF_XDP', 'C recvmmsg, one socket'],
      ['TypeScript on AF_XDP', 'npm cap'],
      ['TypeScript on PACKET_MMAP', 'node:dgram'],
      ['TypeScript on PACKET_MMAP', 'testpmd rxonly on net_af_packet'],
      ['TypeScript on socket', 'node:dgram'],
      ['TypeScript on socket', 'C recvmmsg, one socket'],
      ['TypeScript on DPDK net_af_xdp', 'testpmd rxonly on net_af_xdp'],
      ['TypeScript on DPDK net_af_packet', 'testpmd rxonly on net_af_packet'],
    ],
    async close() {
      await closeAll([...hosts, ...testpmds.map(({ testpmd }) => testpmd), ...(traffic ? [traffic] : [])])
      if (!dev) benchLabDown()
    },
  }
}

export const receiveScenario: Scenario = {
  name: 'receive',
  about: 'one flood of 64-byte packets, and who takes how much of it on one core',
  seconds: 110,
  lab: true,
  hugepages: true,
  cpus: 2,
  dev: true,
  make,
}
