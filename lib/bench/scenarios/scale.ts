// scale: more workers, each on a CPU of its own; more ports for one worker. Every port sends back what it receives.
import { availableParallelism } from 'node:os'
import { MemoryPorts } from '../contestants/memory-ports.js'
import { ours } from '../contestants/ours.js'
import { testpmdContestant } from '../peers/testpmd.js'
import type { Match, Scenario } from '../scenario.js'

const BURST = 32
const WORKERS_MAX = 8
const PORTS = [1, 2, 4, 8]

const powersUpTo = (max: number) => [1, 2, 4, 8, 16].filter((n) => n <= max)
/** The last CPUs first, so that one worker has the receiver's. */
const cpusFor = (workers: number) => Array.from({ length: workers }, (_, i) => availableParallelism() - 1 - i)
const many = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`

async function make(): Promise<Match> {
  const workers = powersUpTo(Math.min(availableParallelism(), WORKERS_MAX))
  const shapes = [
    ...workers.map((n) => ({ workers: n, ports: n })),
    ...PORTS.filter((n) => n > 1).map((n) => ({ workers: 1, ports: n })),
  ]
  const memoryPorts = new MemoryPorts({ hosts: workers.length, testpmds: workers.length, frames: 32768 })
  const pairs = shapes.map(({ workers, ports }) => {
    const host = memoryPorts.nullHost({ ports })
    const testpmd = memoryPorts.testpmd(
      { ports },
      {
        more: ['--port-topology=loop', `--nb-cores=${workers}`, '--total-num-mbufs=16384'],
        cpus: cpusFor(workers),
      },
    )
    const shape = `${many(workers, 'worker')}, ${many(ports, 'port')}`
    const row = { mode: 'io', burst: BURST, workers, ports, counts: 'tx' } as const
    return [
      ours({
        ...{ ...row, name: `TypeScript, ${shape}`, does: 'sends each burst back, touches nothing', host },
        ...{ runtime: 'ts', api: 'burst', backend: 'dpdk', device: 'net_null' },
        ...{ processor: 'reflect', cpus: cpusFor(workers) },
      }),
      testpmdContestant({
        ...{ ...row, name: `testpmd, ${shape}`, does: 'sends each burst back, touches nothing' },
        ...{ backend: 'net_null', testpmd },
      }),
    ]
  })
  const names = (who: string, n: number) => `${who}, ${many(n, 'worker')}, ${many(n, 'port')}`
  return {
    contestants: pairs.flat(),
    // More workers are set against one, more ports against testpmd only.
    groups: [pairs.slice(0, workers.length).flat(), ...pairs.slice(workers.length)].map((members) => ({
      members,
    })),
    notes: memoryPorts.notes,
    ratios: [
      ...workers
        .slice(1)
        .flatMap((n): [string, string][] =>
          ['TypeScript', 'testpmd'].map((who) => [names(who, n), names(who, 1)]),
        ),
      ...shapes.map(({ workers, ports }): [string, string] => {
        const shape = `${many(workers, 'worker')}, ${many(ports, 'port')}`
        return [`TypeScript, ${shape}`, `testpmd, ${shape}`]
      }),
    ],
    close: () => memoryPorts.close(),
  }
}

export const scaleScenario: Scenario = {
  name: 'scale',
  about: 'net_null ports that send back what they receive: more workers, more ports',
  seconds: 50,
  lab: false,
  hugepages: true,
  cpus: 1,
  make,
}
