// open: from nothing to the first packet, and the memory that it takes, per backend.

import type { FirstOrder } from '../children/first.js'
import { Child } from '../children/process.js'
import { closeAll, ON_INTERFACE } from '../contestants/backends.js'
import type { Contestant } from '../contestants/contestant.js'
import { GENERATOR_CPU, PROCESSORS, RECEIVER_CPU } from '../contestants/ours.js'
import { BenchLab, PORT, XdpTraffic } from '../environment/lab.js'
import type { RowKey } from '../report/types.js'
import type { Match, Scenario } from '../scenario.js'

const PACKETS_PER_SECOND = 100_000

function opened(
  row: RowKey & { name: string; does: string },
  order: FirstOrder,
  traffic: XdpTraffic,
): Contestant {
  return {
    ...row,
    traffic,
    async start() {
      const child = await Child.start('first', { cpu: GENERATOR_CPU })
      return {
        async measure() {
          const { ms, rssMib } = await child.call<{ ms: number; rssMib: number }>('first', order)
          return { packets: 1, seconds: ms / 1e3, firstPacketMs: ms, rssMib }
        },
        stop: () => child.end(),
      }
    },
  }
}

async function make(): Promise<Match> {
  const lab = new BenchLab().up()
  const traffic = new XdpTraffic(lab, { packetsPerSecond: PACKETS_PER_SECOND })
  const order = { processor: PROCESSORS.drop, cpu: RECEIVER_CPU }
  const contestants = ON_INTERFACE.map(({ label, backend, device, port }) =>
    opened(
      {
        ...{ name: `TypeScript on ${label}`, does: 'open(), run(), until the first packet is counted' },
        ...{ kind: 'ours', runtime: 'ts', backend, ...(device ? { device } : {}) },
        ...{ mode: 'open', api: 'burst', burst: 32 },
      },
      { ...order, port: port(lab.near, 0) },
      traffic,
    ),
  )
  contestants.push(
    opened(
      {
        ...{ name: 'node:dgram', does: "createSocket(), bind(), until the first 'message'", kind: 'peer' },
        ...{ runtime: 'ts', backend: 'dgram', mode: 'open', api: 'none', burst: 1 },
      },
      { ...order, address: { address: lab.nearAddress, port: PORT } },
      traffic,
    ),
  )
  return {
    contestants,
    ratios: [],
    async close() {
      await closeAll([traffic])
      lab.down()
    },
  }
}

export const openScenario: Scenario = {
  name: 'open',
  about: 'from nothing to the first packet, and the memory of the whole process',
  seconds: 20,
  lab: true,
  hugepages: true,
  cpus: 2,
  make,
}
