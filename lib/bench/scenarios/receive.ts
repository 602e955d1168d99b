// receive: one flood, and everyone who can take it.
import { closeAll, ON_INTERFACE } from '../contestants/backends.js'
import type { Contestant } from '../contestants/contestant.js'
import { ours, PlaneHost } from '../contestants/ours.js'
import { type BenchLab, BenchLabs } from '../environment/lab.js'
import { capReceiver } from '../peers/cap.js'
import { dgramReceiver, recvmmsgReceiver } from '../peers/sockets.js'
import { Testpmd, testpmdContestant } from '../peers/testpmd.js'
import type { Match, Scenario, ScenarioOptions } from '../scenario.js'

const BURST = 32

async function make({ dev }: ScenarioOptions): Promise<Match> {
  const labs = new BenchLabs()
  const open: { close(): Promise<void> }[] = []
  const contestants: Contestant[] = []
  /** Each has an interface of its own, unless it is the user's. */
  const add = (make: (on: string) => Contestant) => {
    if (dev) return contestants.push(make(dev))
    const { lab, traffic } = labs.next()
    return contestants.push({ ...make(lab.near), traffic })
  }
  const addSocket = (make: (lab: BenchLab) => Contestant) => {
    if (dev) return
    const { lab, traffic } = labs.next()
    contestants.push({ ...make(lab), traffic })
  }
  for (const { label, backend, device, port, copies } of ON_INTERFACE) {
    const row = (on: string) => {
      const host = new PlaneHost({ ports: [port(on, 0)] }, false)
      open.push(host)
      return { backend, ...(device ? { device } : {}), mode: 'rxonly', burst: BURST, host } as const
    }
    const does = `counts, drops the whole burst, touches nothing; ${copies}`
    const counts = 'rx'
    add((on) =>
      ours({
        ...{ ...row(on), name: `TypeScript on ${label}`, does, runtime: 'ts', api: 'burst', counts },
        processor: 'drop',
      }),
    )
    if (backend === 'afxdp')
      add((on) =>
        ours({
          ...{ ...row(on), name: `C loop on ${label}`, does, runtime: 'c', api: 'loop', counts },
          processor: 'cLoop',
          data: { mode: 'drop' },
        }),
      )
  }
  for (const device of ['net_af_xdp', 'net_af_packet'])
    add((on) => {
      const testpmd = new Testpmd([`${device}0,iface=${on}`], { keep: false })
      open.push(testpmd)
      return testpmdContestant({
        name: `testpmd rxonly on ${device}`,
        does: "frees, touches nothing; the kernel copies each into DPDK's memory",
        ...{ backend: device, mode: 'rxonly', burst: BURST, testpmd, counts: 'rx' },
      })
    })
  for (const socket of [dgramReceiver, recvmmsgReceiver]) addSocket(socket)
  add(capReceiver)
  return {
    contestants,
    // On an interface of the user's they have to be open one after the other.
    groups: dev ? [] : [{ members: contestants }],
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
    close: () => closeAll([...open, labs]),
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
