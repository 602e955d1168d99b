// size: forwarding packets of 64 to 9000 bytes. Nothing is copied between two net_null ports; AF_XDP's kernel half
// copies.
import { closeAll, ON_INTERFACE } from '../contestants/backends.js'
import type { Contestant } from '../contestants/contestant.js'
import { MemoryPorts } from '../contestants/memory-ports.js'
import { ours, PlaneHost } from '../contestants/ours.js'
import { BenchLab, XdpTraffic } from '../environment/lab.js'
import { testpmdContestant } from '../peers/testpmd.js'
import type { Match, Scenario } from '../scenario.js'

const BURST = 32
const SIZES = [64, 512, 1500, 3500, 9000]
const ON_VETH = [64, 512, 1500]
const FRAME_SIZE = 4096

async function make(): Promise<Match> {
  const lab = new BenchLab().up()
  const memoryPorts = new MemoryPorts({ hosts: SIZES.length, testpmds: SIZES.length, frameSize: FRAME_SIZE })
  const hosts: PlaneHost[] = []
  const traffics: XdpTraffic[] = []
  const onNull: Contestant[] = []
  const onVeth: Contestant[] = []
  for (const size of SIZES) {
    const nulls = { ports: 2, size }
    const host = memoryPorts.nullHost(nulls)
    // Its buffers hold the largest packet in one piece, as our frames have to.
    const testpmd = memoryPorts.testpmd(nulls, { more: ['--mbuf-size=9728', '--total-num-mbufs=4096'] })
    const row = { mode: 'macswap', burst: BURST, size, counts: 'tx' } as const
    const does = 'swaps the MAC addresses, touches nothing else'
    onNull.push(
      ours({
        ...{ ...row, name: `TypeScript, ${size} bytes`, does, runtime: 'ts', api: 'burst', host },
        ...{ backend: 'dpdk', device: 'net_null', processor: 'l2fwd', data: { mode: 'macswap' } },
      }),
      testpmdContestant({ ...row, name: `testpmd, ${size} bytes`, does, backend: 'net_null', testpmd }),
    )
  }
  const [afxdp] = ON_INTERFACE
  for (const size of ON_VETH) {
    const host = new PlaneHost({ ports: [afxdp.port(lab.near, 0)] })
    const traffic = new XdpTraffic(lab, { size })
    hosts.push(host)
    traffics.push(traffic)
    onVeth.push({
      ...ours({
        ...{ name: `TypeScript receives on AF_XDP, ${size} bytes`, does: `counts, drops; ${afxdp.copies}` },
        ...{ runtime: 'ts', api: 'burst', backend: 'afxdp', mode: 'rxonly', burst: BURST, size },
        ...{ host, processor: 'drop', counts: 'rx' },
      }),
      traffic,
    })
  }
  return {
    contestants: [...onNull, ...onVeth],
    groups: [{ members: onNull }],
    notes: memoryPorts.notes,
    ratios: [
      ['TypeScript, 1500 bytes', 'TypeScript, 64 bytes', 'ns_per_packet'],
      ['testpmd, 1500 bytes', 'testpmd, 64 bytes', 'ns_per_packet'],
      ...SIZES.map((size): [string, string] => [`TypeScript, ${size} bytes`, `testpmd, ${size} bytes`]),
    ],
    async close() {
      await closeAll([memoryPorts, ...hosts, ...traffics])
      lab.down()
    },
  }
}

export const sizeScenario: Scenario = {
  name: 'size',
  about: 'packets of 64 to 9000 bytes',
  seconds: 60,
  lab: true,
  hugepages: true,
  cpus: 2,
  make,
}
