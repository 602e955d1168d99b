// forward: in by one veth, out by another.
import { closeAll, ON_INTERFACE } from '../contestants/backends.js'
import type { Contestant } from '../contestants/contestant.js'
import { ours, PlaneHost } from '../contestants/ours.js'
import { type BenchLab, BenchLabs, NOBODY } from '../environment/lab.js'
import { bridge } from '../peers/kernel.js'
import { Testpmd, testpmdContestant } from '../peers/testpmd.js'
import type { Match, Scenario } from '../scenario.js'

const BURST = 32
const MODES = ['io', 'mac', 'macswap'] as const
const TOUCHES = {
  io: 'touches nothing',
  mac: 'writes both MAC addresses',
  macswap: 'swaps the MAC addresses',
}

async function make(): Promise<Match> {
  const labs = new BenchLabs({ toMac: NOBODY })
  const open: { close(): Promise<void> }[] = []
  const contestants: Contestant[] = []
  const add = (make: (lab: BenchLab) => Contestant) => {
    const { lab, traffic } = labs.next()
    contestants.push({ ...make(lab), traffic })
  }
  for (const { label, backend, device, port, copies } of ON_INTERFACE) {
    const afxdp = backend === 'afxdp'
    const row = ({ near, out, forwarded }: BenchLab) => {
      const host = new PlaneHost({ ports: [port(near, 0), port(out, 1)] }, false)
      open.push(host)
      return {
        ...{ backend, ...(device ? { device } : {}), burst: BURST, host },
        ...({ counts: 'tx', counter: forwarded } as const),
      }
    }
    for (const mode of afxdp ? MODES : (['io'] as const))
      add((lab) =>
        ours({
          ...{ ...row(lab), name: `TypeScript ${mode} on ${label}`, does: `${TOUCHES[mode]}; ${copies}` },
          ...{ runtime: 'ts', api: 'burst', mode, processor: 'l2fwd', data: { mode } },
        }),
      )
    if (afxdp)
      add((lab) =>
        ours({
          ...{ ...row(lab), name: `C loop io on ${label}`, does: `${TOUCHES.io}; ${copies}` },
          ...{ runtime: 'c', api: 'loop', mode: 'io', processor: 'cLoop', data: { mode: 'io' } },
        }),
      )
  }
  for (const device of ['net_af_xdp', 'net_af_packet'])
    for (const mode of device === 'net_af_xdp' ? MODES : (['io'] as const))
      add(({ near, out, forwarded }) => {
        const testpmd = new Testpmd([`${device}0,iface=${near}`, `${device}1,iface=${out}`], { keep: false })
        open.push(testpmd)
        return testpmdContestant({
          ...{ name: `testpmd ${mode} on ${device}`, does: TOUCHES[mode], backend: device, mode },
          ...{ burst: BURST, testpmd, counts: 'tx', counter: forwarded },
        })
      })
  add((lab) => bridge(lab, NOBODY))
  return {
    contestants,
    groups: [{ members: contestants }],
    ratios: [
      ...MODES.map((mode): [string, string] => [
        `TypeScript ${mode} on AF_XDP`,
        `testpmd ${mode} on net_af_xdp`,
      ]),
      ['TypeScript io on AF_XDP', 'C loop io on AF_XDP'],
      ['TypeScript io on AF_XDP', 'kernel bridge'],
      ['TypeScript io on DPDK net_af_xdp', 'testpmd io on net_af_xdp'],
      ['TypeScript io on DPDK net_af_packet', 'testpmd io on net_af_packet'],
    ],
    close: () => closeAll([...open, labs]),
  }
}

export const forwardScenario: Scenario = {
  name: 'forward',
  about: 'in by one veth, out by another, counted where they leave, on one core',
  seconds: 110,
  lab: true,
  hugepages: true,
  cpus: 2,
  make,
}
