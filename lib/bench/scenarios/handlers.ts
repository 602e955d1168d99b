// handlers: the same task written well, and in the five ways that are usually slow (docs/slow-handlers.md).
import type { Contestant } from '../contestants/contestant.js'
import { MemoryPorts } from '../contestants/memory-ports.js'
import { ours } from '../contestants/ours.js'
import type { How } from '../programs/handlers.js'
import type { Match, Scenario } from '../scenario.js'

const BURST = 32

const WAYS: [How, string][] = [
  ['plain', 'typed arrays and numbers'],
  ['shapes', 'reads one property of objects that have five shapes (polymorphism)'],
  ['objects', 'makes an object per packet'],
  ['bigint', 'reads 64 bits as a BigInt'],
  ['closures', 'copies the column, calls a closure per packet'],
  ['outside', 'reads and writes behind the end of a typed array'],
]

async function make(): Promise<Match> {
  const memoryPorts = new MemoryPorts({ hosts: WAYS.length, testpmds: 0 })
  const contestants = WAYS.map(
    ([how, does]): Contestant =>
      ours({
        ...{ name: how, does: `counts by destination port, drops: ${does}`, runtime: 'ts', api: 'burst' },
        ...{
          backend: 'dpdk',
          device: 'net_null',
          mode: how,
          burst: BURST,
          host: memoryPorts.nullHost({ ports: 1 }),
        },
        ...{ processor: 'handlers', data: { how }, counts: 'rx' },
      }),
  )
  return {
    contestants,
    groups: [{ members: contestants }],
    notes: memoryPorts.notes,
    ratios: WAYS.slice(1).map(([how]): [string, string, string] => [how, 'plain', 'ns_per_packet']),
    close: () => memoryPorts.close(),
  }
}

export const handlersScenario: Scenario = {
  name: 'handlers',
  about: 'one handler written well, and in five ways that are slow',
  seconds: 40,
  lab: false,
  hugepages: true,
  cpus: 1,
  asked: true,
  make,
}
