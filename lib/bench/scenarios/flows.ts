// flows: the worker's table of flows against loops in C and TypeScript that do its work, and against rte_hash, on one
// core.
import { randomFillSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { closeAll } from '../contestants/backends.js'
import type { Contestant } from '../contestants/contestant.js'
import { driverFlows } from '../contestants/driver-flows.js'
import { MemoryPorts } from '../contestants/memory-ports.js'
import { type OursOptions, ours } from '../contestants/ours.js'
import { tableLoop } from '../contestants/tables.js'
import { type FlowLoop, nativeBench } from '../native.js'
import { compileTables, dpdkLoop } from '../peers/dpdk-tables.js'
import { testpmdContestant } from '../peers/testpmd.js'
import type { Match, Scenario } from '../scenario.js'

const BURST = 32
const FLOWS = 100_000
const MILLION = 1 << 20
const KEY_BYTES = 16
/** Hosts of the largest group. */
const HOSTS = 4
/** The sizes of tables that forward, in flows of both ports together; so that each port has half of them. */
const SIZES = { '1k': 1000, '100k': FLOWS, '1m': MILLION } as const
type Size = keyof typeof SIZES

interface Group {
  members: Contestant[]
  ratios: Match['ratios']
}

/** The memory of a table, and what its sweep costs: figures of the table, not of a contestant. */
function tableNote(keys: Uint32Array): string[] {
  let loop: FlowLoop
  try {
    loop = new (nativeBench().FlowLoop)({ keys, flows: MILLION, insert: false })
  } catch (error) {
    return [`memory and sweep of a table: ${(error as Error).message}`]
  }
  const mib = Math.round(loop.memory() / 2 ** 20)
  const nanoseconds = Array.from({ length: 5 }, () => loop.sweep()).sort((a, b) => a - b)[2]
  const percent = (nanoseconds / 1e7).toFixed(2)
  return [
    `a table of ${MILLION} IPv4 flows takes ${mib} MiB (100 wanted at most); its sweep, once a second, ${percent} % of a core`,
  ]
}

/** The first against each of the others. */
const inOrder = (ids: string[], [of, ...others]: Contestant[], what = 'mpps'): Match['ratios'] =>
  ids.map((id, i) => [of.name, others[i].name, what, id])

async function make(): Promise<Match> {
  const memoryPorts = new MemoryPorts({ hosts: HOSTS, testpmds: 1 })
  const folder = mkdtempSync(join(tmpdir(), 'rxburst-flows-'))
  const keys = join(folder, 'keys')
  const keyWords = randomFillSync(new Uint32Array((KEY_BYTES / 4) * MILLION))
  writeFileSync(keys, keyWords)
  const few = join(folder, 'few')
  writeFileSync(few, randomFillSync(new Uint8Array(KEY_BYTES * FLOWS)))
  let program: string | undefined
  const onNull = (
    row: Pick<OursOptions, 'name' | 'mode' | 'does' | 'runtime' | 'api' | 'processor'> & { data: object },
    ports = 1,
  ): Contestant =>
    ours({
      ...{ backend: 'dpdk', device: 'net_null', burst: BURST, counts: ports === 1 ? 'rx' : 'tx' },
      ...{ host: memoryPorts.nullHost({ ports }) },
      ...row,
    })
  const table = (name: string, mode: string, does: string, data: object, ports = 1): Contestant =>
    onNull(
      {
        name,
        mode,
        does,
        runtime: 'ts',
        api: 'burst',
        processor: 'flowTable',
        data: { flows: FLOWS, ...data },
      },
      ports,
    )
  const cLoop = (name: string, mode: string, does: string, data: object, ports = 1): Contestant =>
    onNull({ name, mode, does, runtime: 'c', api: 'loop', processor: 'cLoop', data }, ports)
  const alone = (what: 'look' | 'insert', mode: string, file: string, flows: number): Group => {
    const members = [
      tableLoop(`table of flows, ${mode}`, `${flows} flows, keys in no order`, {
        task: `flow-${what}`,
        keys: file,
        flows,
      }),
      dpdkLoop({
        name: `rte_hash, ${mode}`,
        mode,
        does: 'the same keys in the same order',
        words: [what, file, String(flows)],
        burst: BURST,
        hugepages: memoryPorts.notes.length === 0,
        program: () => (program ??= compileTables(folder)),
      }),
    ]
    return { members, ratios: inOrder([mode], members) }
  }
  const stamped = 'one of 100 000 flows was written into it when it was received'
  const dropping = [
    table('flows hit and DROP', 'hit-drop', `the table finds its flow and drops it; ${stamped}`, {
      task: 'table',
    }),
    cLoop('C loop counts flows', 'count', `parses the 5-tuple, finds its row, counts, drops; ${stamped}`, {
      ...{ mode: 'count', flows: FLOWS },
    }),
    table(
      'TypeScript counts flows',
      'count',
      `parses the 5-tuple, finds its row, counts, drops; ${stamped}`,
      {
        task: 'count',
      },
    ),
  ]
  const missing = [
    table('drop without a table', 'drop', `touches nothing; ${stamped}`, { task: 'drop' }),
    table('drop beside an empty table', 'empty', `touches nothing; ${stamped}`, { task: 'empty' }),
    ...(['1k', '1m'] as const).map((size) =>
      table(
        `drop beside a table of ${size}`,
        `miss-${size}`,
        `the table has ${SIZES[size]} flows, never the packet's`,
        {
          ...{ task: 'miss', flows: SIZES[size], prepares: true },
        },
      ),
    ),
  ]
  const forwarding = (size: Size): Group => {
    const flows = SIZES[size]
    const data = { flows, prepares: true }
    const has = `one of ${flows / 2} flows a port was written into it when it was received`
    const of = table(
      `flows ${size} hit, setMac and tx`,
      `mac-${size}`,
      `writes both MACs; ${has}`,
      { ...data, task: 'mac' },
      2,
    )
    const loop = cLoop(
      ...([`C loop macswap, ${size} stamped`, `macswap-${size}`, `swaps the MACs; ${has}`] as const),
      ...([{ mode: 'macswap', flows: flows / 2 }, 2] as const),
    )
    const ratios: Match['ratios'] = [[of.name, loop.name, 'mpps', `mac-${size}`]]
    if (size !== '100k') return { members: [of, loop], ratios }
    const peer = testpmdContestant({
      name: 'testpmd macswap unstamped',
      does: 'swaps the MACs of four packets at a time by SIMD; its packets have no flow written in',
      backend: 'net_null',
      mode: 'macswap',
      burst: BURST,
      testpmd: memoryPorts.testpmd({ ports: 2 }),
      counts: 'tx',
    })
    const rewrites = table(
      `flows ${size} hit, dnat and tx`,
      'dnat',
      `writes address, port, checksums; ${has}`,
      { ...data, task: 'dnat' },
      2,
    )
    return {
      members: [of, loop, rewrites, peer],
      ratios: [...ratios, [of.name, peer.name], [rewrites.name, of.name, 'mpps', 'dnat']],
    }
  }
  const [without, empty, ...misses] = missing
  const groups: Group[] = [
    { members: dropping, ratios: inOrder(['hit-drop/c', 'hit-drop/ts'], dropping) },
    alone('look', 'lookup-100k', few, FLOWS),
    alone('look', 'lookup-1m', keys, MILLION),
    alone('insert', 'insert', keys, MILLION / 4),
    {
      members: missing,
      ratios: [
        [empty.name, without.name, 'mpps', 'empty'],
        ...misses.map(({ name, mode }): Match['ratios'][0] => [name, without.name, 'ns_over', mode]),
      ],
    },
    ...(Object.keys(SIZES) as Size[]).map(forwarding),
  ]
  const driver = process.geteuid?.() === 0 && availableParallelism() > 1 ? driverFlows() : undefined
  return {
    contestants: [...groups, ...(driver?.groups ?? [])].flatMap(({ members }) => members),
    groups: [...groups.map(({ members }) => ({ members })), ...(driver?.groups ?? [])],
    notes: [
      ...memoryPorts.notes,
      'insert: each flow takes the place of the oldest, so it counts a removal too, on both sides; the table is half full',
      'ns_over: by how many nanoseconds a packet that misses costs more than without a table',
      ...tableNote(keyWords),
      ...(driver ? [] : ['rows of the driver want root and two CPUs, one that sends and one that receives']),
    ],
    ratios: [...groups.flatMap(({ ratios }) => ratios), ...(driver?.ratios ?? [])],
    async close() {
      try {
        await closeAll([memoryPorts, ...(driver ? [driver] : [])])
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

export const flowsScenario: Scenario = {
  name: 'flows',
  about: "the worker's table of flows against handlers that do its work, and against rte_hash, on one core",
  seconds: 120,
  lab: false,
  hugepages: true,
  cpus: 1,
  make,
}
