// receive: one flood, and everyone who can take it.
import type { Contestant } from '../contestant.js'
import { benchLabDown, benchLabUp, Flood, near } from '../lab.js'
import { type OursOptions, ours, PlaneHost } from '../ours.js'
import type { Match, Scenario, ScenarioOptions } from '../scenario.js'
import { dgramReceiver, recvmmsgReceiver } from '../sockets.js'
import { Testpmd, testpmdContestant } from '../testpmd.js'

const BURST = 32

/** The backends that receive, with what the kernel or the library does to each packet on the way. */
const OURS = (dev: string) => [
  {
    label: 'AF_XDP',
    backend: 'afxdp',
    port: `afxdp:${dev}`,
    takeAll: true,
    copies: 'the kernel copies it once into the arena',
  },
  {
    label: 'PACKET_MMAP',
    backend: 'packet',
    port: `packet:${dev}`,
    takeAll: true,
    copies: 'the kernel copies it once into the ring',
  },
  {
    label: 'socket',
    backend: 'socket',
    port: `socket:${dev}`,
    takeAll: true,
    copies: 'recvmmsg() copies it once into the arena',
  },
  {
    label: 'DPDK net_af_xdp',
    backend: 'dpdk',
    device: 'net_af_xdp',
    port: `dpdk:net_af_xdp0,iface=${dev}`,
    takeAll: false,
    copies: "copied once into DPDK's memory, once into the arena",
  },
  {
    label: 'DPDK net_af_packet',
    backend: 'dpdk',
    device: 'net_af_packet',
    port: `dpdk:net_af_packet0,iface=${dev}`,
    takeAll: false,
    copies: 'copied once into the ring, once into the arena',
  },
]

async function make({ dev }: ScenarioOptions): Promise<Match> {
  if (!dev) benchLabUp()
  const on = dev ?? near
  const flood = dev ? undefined : new Flood()
  const hosts: PlaneHost[] = []
  const contestants: Contestant[] = []
  for (const { label, backend, device, port, takeAll, copies } of OURS(on)) {
    const host = new PlaneHost(
      { ports: [{ name: port, options: takeAll ? { takeAll } : {} }] },
      backend === 'afxdp',
    )
    hosts.push(host)
    const row = {
      backend,
      ...(device ? { device } : {}),
      mode: 'rxonly',
      burst: BURST,
      host,
      counts: 'rx',
    } as const
    const touches = `counts, drops the whole burst, touches nothing; ${copies}`
    contestants.push(
      ours({
        ...row,
        name: `TypeScript on ${label}`,
        does: touches,
        runtime: 'ts',
        api: 'burst',
        processor: 'drop',
      }),
    )
    if (backend === 'afxdp')
      contestants.push(
        ours({
          ...row,
          ...({
            name: `C loop on ${label}`,
            does: touches,
            runtime: 'c',
            api: 'loop',
          } satisfies Partial<OursOptions>),
          processor: 'cLoop',
          data: { mode: 'drop' },
        }),
      )
  }
  const testpmds = ['net_af_xdp', 'net_af_packet'].map((device) => ({
    device,
    testpmd: new Testpmd([`${device}0,iface=${on}`], false),
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
  contestants.push(dgramReceiver(), recvmmsgReceiver())
  for (const contestant of contestants) contestant.traffic = flood
  return {
    contestants,
    ratios: [
      ['TypeScript on AF_XDP', 'testpmd rxonly on net_af_xdp'],
      ['TypeScript on AF_XDP', 'C loop on AF_XDP'],
      ['TypeScript on AF_XDP', 'node:dgram'],
      ['TypeScript on AF_XDP', 'node:dgram', 'mpps_per_cpu'],
      ['TypeScript on AF_XDP', 'C recvmmsg, one socket'],
      ['TypeScript on PACKET_MMAP', 'node:dgram'],
      ['TypeScript on socket', 'C recvmmsg, one socket'],
      ['TypeScript on DPDK net_af_xdp', 'testpmd rxonly on net_af_xdp'],
      ['TypeScript on DPDK net_af_packet', 'testpmd rxonly on net_af_packet'],
    ],
    async close() {
      for (const host of hosts) await host.close()
      for (const { testpmd } of testpmds) await testpmd.close()
      await flood?.close()
      if (!dev) benchLabDown()
    },
  }
}

export const receiveScenario: Scenario = {
  name: 'receive',
  about: 'one flood of 64-byte packets into a veth, and who takes how much of it on one core',
  seconds: 110,
  lab: true,
  cpus: 2,
  dev: true,
  make,
}
