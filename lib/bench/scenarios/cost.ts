// cost: what one packet costs in each way of writing the same program, net_null to net_null.

import { MemoryPorts } from '../contestants/memory-ports.js'
import { type OursOptions, ours } from '../contestants/ours.js'
import { perfCounts, perfed } from '../environment/perf.js'
import { testpmdContestant } from '../peers/testpmd.js'
import type { Match, Scenario } from '../scenario.js'

const BURST = 32
const MODES = ['io', 'macswap', 'drop', 'flows'] as const
const DOES = {
  io: 'forwards, touches nothing',
  macswap: 'swaps the MAC addresses',
  drop: 'drops, touches nothing',
  flows: 'stamps one of 100 000 flows, parses the 5-tuple, finds its row, counts',
}
/** A C loop over what lies below the turn, to see what the turn costs. */
const BELOW = 'receive and transmit alone'
const TS: Record<string, OursOptions['processor']> = {
  io: 'l2fwd',
  macswap: 'l2fwd',
  drop: 'drop',
  flows: 'flows',
}

async function make(): Promise<Match> {
  const memoryPorts = new MemoryPorts({ hosts: 4, testpmds: 1 })
  const own = (
    mode: (typeof MODES)[number],
    label: string,
    { loop = mode, ...how }: Pick<OursOptions, 'runtime' | 'api' | 'processor'> & { loop?: string },
  ) =>
    ours({
      ...{
        ...how,
        name: `${label} ${mode}`,
        does: DOES[mode],
        backend: 'dpdk',
        device: 'net_null',
        mode,
        host: memoryPorts.nullHost({ ports: 2 }),
      },
      ...{ burst: BURST, data: { mode: loop }, counts: mode === 'drop' || mode === 'flows' ? 'rx' : 'tx' },
    })
  const peer = (mode: (typeof MODES)[number]) =>
    testpmdContestant({
      ...{ name: `testpmd ${mode}`, does: DOES[mode], backend: 'net_null', mode, burst: BURST },
      ...{ testpmd: memoryPorts.testpmd({ ports: 2 }), counts: mode === 'drop' ? 'rx' : 'tx' },
    })
  const counted = perfCounts()
  const groups = MODES.map((mode) =>
    [
      own(mode, 'C loop', { runtime: 'c', api: 'loop', processor: 'cLoop' }),
      own(mode, 'TypeScript burst', { runtime: 'ts', api: 'burst', processor: TS[mode] }),
      ...(mode === 'macswap'
        ? [
            own(mode, 'TypeScript perPacket', { runtime: 'ts', api: 'perPacket', processor: 'perPacket' }),
            own(mode, 'WebAssembly', { runtime: 'wasm', api: 'burst', processor: 'wasm' }),
          ]
        : []),
      ...(mode === 'io'
        ? [own(mode, BELOW, { runtime: 'c', api: 'none', processor: 'cLoop', loop: 'below' })]
        : []),
      ...(mode === 'flows' ? [] : [peer(mode)]), // testpmd has nothing like it
    ].map((contestant) => (counted ? perfed(contestant) : contestant)),
  )
  return {
    contestants: groups.flat(),
    groups: groups.map((members) => ({ members })),
    notes: [
      ...memoryPorts.notes,
      ...(counted ? [] : ['cycles and instructions: this machine has no counters that perf can read']),
    ],
    ratios: [
      ...MODES.map((mode): [string, string, string] => [
        `TypeScript burst ${mode}`,
        `C loop ${mode}`,
        'ns_per_packet',
      ]),
      [`${BELOW} io`, 'C loop io', 'ns_per_packet'],
      [`${BELOW} io`, 'testpmd io', 'ns_per_packet'],
    ],
    close: () => memoryPorts.close(),
  }
}

export const costScenario: Scenario = {
  name: 'cost',
  about: 'what one packet costs, net_null to net_null, on one core',
  seconds: 60,
  lab: false,
  hugepages: true,
  cpus: 1,
  make,
}
