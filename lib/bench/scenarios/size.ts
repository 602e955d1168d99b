// size: forwarding packets of 64 to 9000 bytes. Nothing is copied between two net_null ports; AF_XDP's kernel half copies.
import { closeAll, ON_INTERFACE } from '../backends.js'
import type { Contestant } from '../contestant.js'
import { benchLabDown, benchLabUp, Flood, near } from '../lab.js'
import { ours, PlaneHost } from '../ours.js'
import type { Match, Scenario } from '../scenario.js'
import { Testpmd, testpmdContestant } from '../testpmd.js'

const BURST = 32
const SIZES = [64, 512, 1500, 3500, 9000]
const ON_VETH = [64, 512, 1500]
const FRAME_SIZE = 4096

async function make(): Promise<Match> {
  benchLabUp()
  const hosts: PlaneHost[] = []
  const testpmds: Testpmd[] = []
  const floods: Flood[] = []
  const contestants: Contestant[] = []
  for (const size of SIZES) {
    const devices = [0, 1].map((n) => `net_null${n},size=${size}`)
    const host = new PlaneHost({
      ports: devices.map((name) => ({ name: `dpdk:${name}`, options: { mtu: Math.max(1500, size) } })),
      frameSize: FRAME_SIZE,
    })
    // Its buffers hold the largest packet in one piece, as our frames have to.
    const testpmd = new Testpmd(devices, { more: ['--mbuf-size=9728', '--total-num-mbufs=4096'] })
    hosts.push(host)
    testpmds.push(testpmd)
    const row = { mode: 'macswap', burst: BURST, size, counts: 'tx' } as const
    const does = 'swaps the MAC addresses, touches nothing else'
    contestants.push(
      ours({
        ...{ ...row, name: `TypeScript, ${size} bytes`, does, runtime: 'ts', api: 'burst', host },
        ...{ backend: 'dpdk', device: 'net_null', processor: 'l2fwd', data: { mode: 'macswap' } },
      }),
      testpmdContestant({ ...row, name: `testpmd, ${size} bytes`, does, backend: 'net_null', testpmd }),
    )
  }
  const [afxdp] = ON_INTERFACE
  for (const size of ON_VETH) {
    const host = new PlaneHost({ ports: [afxdp.port(near, 0)] })
    const flood = new Flood({ size })
    hosts.push(host)
    floods.push(flood)
    contestants.push({
      ...ours({
        ...{ name: `TypeScript receives on AF_XDP, ${size} bytes`, does: `counts, drops; ${afxdp.copies}` },
        ...{ runtime: 'ts', api: 'burst', backend: 'afxdp', mode: 'rxonly', burst: BURST, size },
        ...{ host, processor: 'drop', counts: 'rx' },
      }),
      traffic: flood,
    })
  }
  return {
    contestants,
    ratios: [
      ['TypeScript, 1500 bytes', 'TypeScript, 64 bytes', 'ns_per_packet'],
      ['testpmd, 1500 bytes', 'testpmd, 64 bytes', 'ns_per_packet'],
      ...SIZES.map((size): [string, string] => [`TypeScript, ${size} bytes`, `testpmd, ${size} bytes`]),
    ],
    async close() {
      await closeAll([...hosts, ...testpmds, ...floods])
      benchLabDown()
    },
  }
}

export const sizeScenario: Scenario = {
  name: 'size',
  about: 'packets of 64 to 9000 bytes',
  seconds: 60,
  lab: true,
  cpus: 2,
  make,
}
