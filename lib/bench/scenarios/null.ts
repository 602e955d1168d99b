// null: two ports that cost nothing, so that what is left is the program. The question is what TypeScript costs.
import type { Contestant } from '../contestants/contestant.js'
import { MemoryPorts } from '../contestants/memory-ports.js'
import { GENERATOR_CPU, type OursOptions, ours, type PlaneHost } from '../contestants/ours.js'
import { NODE, node26 } from '../peers/node26.js'
import { testpmdContestant } from '../peers/testpmd.js'
import type { Match, Scenario } from '../scenario.js'

const BURSTS = [1, 4, 16, 32, 64, 256]
const BURST = 32

type Api = Pick<OursOptions, 'runtime' | 'api' | 'processor'> & { label: string; touches: string }

const APIS: Api[] = [
  {
    label: 'C loop',
    runtime: 'c',
    api: 'loop',
    processor: 'cLoop',
    touches: 'moves of 8, 8 and 2 bytes per packet, in our own addon',
  },
  {
    label: 'WebAssembly',
    runtime: 'wasm',
    api: 'burst',
    processor: 'wasm',
    touches: 'one 16-byte load, swizzle and store per packet',
  },
  {
    label: 'TypeScript burst',
    runtime: 'ts',
    api: 'burst',
    processor: 'l2fwd',
    touches: 'moves of 8, 8 and 2 bytes per packet',
  },
  {
    label: 'TypeScript perPacket',
    runtime: 'ts',
    api: 'perPacket',
    processor: 'perPacket',
    touches: 'a callback per packet, moves of 8, 8 and 2 bytes',
  },
]

function macswap(
  { label, touches, ...api }: Api,
  host: PlaneHost,
  burst: number,
  device?: string,
): Contestant {
  return ours({
    ...api,
    name: `${label} macswap${device ? '' : ' on loop'}, burst ${burst}`,
    does: `swaps the MAC addresses, counts: ${touches}${device ? '' : '; loop copies each packet twice'}`,
    backend: device ? 'dpdk' : 'loop',
    ...(device ? { device } : {}),
    mode: 'macswap',
    burst,
    host,
    ...(device ? { data: { mode: 'macswap' } } : seeded(api.processor, 'macswap')),
    counts: 'tx',
  })
}

/** Two loop ports that feed each other want packets to begin with. */
const seeded = (inner: OursOptions['processor'], mode: string) =>
  ({ processor: 'seeded', data: { inner, mode } }) as const

const ON_NODE_26 = `TypeScript burst macswap on Node ${NODE}, burst ${BURST}`

const touched: Record<string, string> = {
  macswap: 'swaps the MAC addresses of four packets at a time by SIMD',
  io: 'touches nothing',
  rxonly: 'frees, touches nothing',
}

const isQuoted = ({ backend, burst }: Contestant) => burst === BURST && backend !== 'loop'

async function make(): Promise<Match> {
  const memoryPorts = new MemoryPorts({ hosts: APIS.length + 1, testpmds: 1 })
  const loops = () => memoryPorts.host([{ name: 'loop:x,peer=y' }, { name: 'loop:y,peer=x' }])
  const newer = memoryPorts.nullHost({ ports: 2 }, () => ({ cpu: GENERATOR_CPU, node: node26() }))
  const peer = (mode: string, burst: number) =>
    testpmdContestant({
      name: `testpmd ${mode}, burst ${burst}`,
      does: touched[mode],
      backend: 'net_null',
      mode,
      burst,
      testpmd: memoryPorts.testpmd({ ports: 2 }),
      counts: mode === 'rxonly' ? 'rx' : 'tx',
    })
  const onNull = (api: number, mode: string, processor: OursOptions['processor'], does: string): Contestant =>
    ours({
      ...{
        runtime: APIS[api].runtime,
        api: APIS[api].api,
        name: `${APIS[api].label} ${mode}, burst ${BURST}`,
      },
      ...{
        does,
        backend: 'dpdk',
        device: 'net_null',
        mode,
        burst: BURST,
        host: memoryPorts.nullHost({ ports: 2 }),
        processor,
      },
      data: { mode },
      counts: mode === 'io' ? 'tx' : 'rx',
    })
  const [C, , TS] = [0, 1, 2]
  const groups = [
    ...BURSTS.map((burst) => [
      peer('macswap', burst),
      ...APIS.map((api) => macswap(api, memoryPorts.nullHost({ ports: 2 }), burst, 'net_null')),
      ...(burst === BURST
        ? [{ ...macswap(APIS[TS], newer, burst, 'net_null'), name: ON_NODE_26, node: NODE }]
        : []),
    ]),
    [
      peer('io', BURST),
      onNull(C, 'io', 'cLoop', 'touches nothing'),
      onNull(TS, 'io', 'l2fwd', 'touches nothing: one verdict for the burst'),
    ],
    [
      peer('rxonly', BURST),
      onNull(C, 'drop', 'cLoop', 'touches nothing, drops'),
      onNull(TS, 'drop', 'drop', 'touches nothing: one verdict for the burst'),
    ],
    [
      onNull(C, 'flows', 'cLoop', 'stamps one of 100 000 flows, parses the 5-tuple, finds its row, counts'),
      onNull(TS, 'flows', 'flows', 'stamps one of 100 000 flows, parses the 5-tuple, finds its row, counts'),
    ],
    APIS.map((api) => macswap(api, loops(), BURST)),
  ]
  const against = (label: string, mode: string, peerMode = mode): [string, string][] => [
    [`${label} ${mode}, burst ${BURST}`, `testpmd ${peerMode}, burst ${BURST}`],
  ]
  const labels = APIS.map(({ label }) => label)
  return {
    contestants: groups.flat(),
    // What most programs do, and what is quoted, is measured longest.
    groups: groups.map((members) => ({ members, weight: isQuoted(members[0]) ? 1.5 : 1 })),
    notes: memoryPorts.notes,
    ratios: [
      ...BURSTS.flatMap((burst) =>
        labels.map((label): [string, string] => [
          `${label} macswap, burst ${burst}`,
          `testpmd macswap, burst ${burst}`,
        ]),
      ),
      [ON_NODE_26, `testpmd macswap, burst ${BURST}`],
      ...against('TypeScript burst', 'io'),
      ...against('C loop', 'io'),
      ...against('TypeScript burst', 'drop', 'rxonly'),
      ...against('C loop', 'drop', 'rxonly'),
      [`TypeScript burst flows, burst ${BURST}`, `C loop flows, burst ${BURST}`],
      ...labels
        .slice(1)
        .map((label): [string, string] => [
          `${label} macswap on loop, burst ${BURST}`,
          `C loop macswap on loop, burst ${BURST}`,
        ]),
    ],
    close: () => memoryPorts.close(),
  }
}

export const nullScenario: Scenario = {
  name: 'null',
  about: 'forwarding between two ports that cost nothing: what the program itself costs, on one core',
  seconds: 220,
  lab: false,
  hugepages: true,
  cpus: 1,
  make,
}
