// pass: everything comes to TypeScript, which hands it back to the kernel's stack.
import { closeAll } from '../contestants/backends.js'
import { ours, PlaneHost } from '../contestants/ours.js'
import { BenchLab, XdpTraffic } from '../environment/lab.js'
import type { Match, Scenario } from '../scenario.js'

const BURSTS = [32, 256]
const OFFERED = 800_000 // more than one core passes: the kernel's stack is what costs

async function make(): Promise<Match> {
  const lab = new BenchLab().up()
  const traffic = new XdpTraffic(lab, { packetsPerSecond: OFFERED })
  const host = new PlaneHost({ ports: [{ name: `afxdp:${lab.near}`, options: { takeAll: true } }] })
  const contestants = BURSTS.map((burst) =>
    ours({
      ...{
        name: `TypeScript PASS on AF_XDP, bursts of ${burst}`,
        does: "each packet enters the kernel's stack again",
      },
      ...{ runtime: 'ts', api: 'burst', backend: 'afxdp', mode: 'pass', burst },
      ...{ host, processor: 'pass', counts: 'passed' },
    }),
  )
  for (const contestant of contestants) contestant.traffic = traffic
  return {
    contestants,
    ratios: [],
    notes: [
      'nobody listens on the port, so the kernel looks for a socket, finds none, and drops what it was passed',
    ],
    async close() {
      await closeAll([host, traffic])
      lab.down()
    },
  }
}

export const passScenario: Scenario = {
  name: 'pass',
  about: "how many packets a second go to TypeScript and back into the kernel's stack",
  seconds: 15,
  lab: true,
  cpus: 2,
  make,
}
