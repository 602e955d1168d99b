// forward: in by one veth, out by another.
import { closeAll, ON_INTERFACE } from '../contestants/backends.js'
import type { Contestant } from '../contestants/contestant.js'
import { ours, PlaneHost } from '../contestants/ours.js'
import { benchLabDown, benchLabUp, forwarded, NOBODY, near, out, XdpTraffic } from '../environment/lab.js'
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
  benchLabUp()
  const traffic = new XdpTraffic({ toMac: NOBODY })
  const hosts: PlaneHost[] = []
  const contestants: Contestant[] = []
  for (const { label, backend, device, port, copies, holds } of ON_INTERFACE) {
    const host = new PlaneHost({ ports: [port(near, 0), port(out, 1)] }, !holds)
    hosts.push(host)
    const afxdp = backend === 'afxdp'
    const row = {
      ...{ backend, ...(device ? { device } : {}), burst: BURST, host },
      ...({ counts: 'tx', counter: forwarded } as const),
    } as const
    for (const mode of afxdp ? MODES : (['io'] as const))
      contestants.push(
        ours({
          ...{ ...row, name: `TypeScript ${mode} on ${label}`, does: `${TOUCHES[mode]}; ${copies}` },
          ...{ runtime: 'ts', api: 'burst', mode, processor: 'l2fwd', data: { mode } },
        }),
      )
    if (afxdp)
      contestants.push(
        ours({
          ...{ ...row, name: `C loop io on ${label}`, does: `${TOUCHES.io}; ${copies}` },
          ...{ runtime: 'c', api: 'loop', mode: 'io', processor: 'cLoop', data: { mode: 'io' } },
        }),
      )
  }
  const testpmds = ['net_af_xdp', 'net_af_packet'].map((device) => ({
    device,
    testpmd: new Testpmd([`${device}0,iface=${near}`, `${device}1,iface=${out}`], { keep: false }),
  }))
  for (const { device, testpmd } of testpmds)
    for (const mode of device === 'net_af_xdp' ? MODES : (['io'] as const))
      contestants.push(
        testpmdContestant({
          ...{
            name: `testpmd ${mode} on ${device}`,
            does: TOUCHES[mode],
            backend: device,
            mode,
            burst: BURST,
          },
          ...{ testpmd, counts: 'tx', counter: forwarded },
        }),
      )
  contestants.push(bridge(forwarded, NOBODY))
  for (const contestant of contestants) contestant.traffic = traffic
  return {
    contestants,
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
    async close() {
      await closeAll([...hosts, ...testpmds.map(({ testpmd }) => testpmd), traffic])
      benchLabDown()
    },
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
