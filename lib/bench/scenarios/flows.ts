// flows: the worker's table of flows against loops in C and TypeScript that do its work, and against rte_hash, on one
// core.
import { randomFillSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contestant } from '../contestants/contestant.js'
import { MemoryPorts } from '../contestants/memory-ports.js'
import { type OursOptions, ours } from '../contestants/ours.js'
import { tableLoop } from '../contestants/tables.js'
import { compileTables, dpdkLoop } from '../peers/dpdk-tables.js'
import type { Match, Scenario } from '../scenario.js'

const BURST = 32
const FLOWS = 100_000
const MILLION = 1 << 20
const KEY_BYTES = 16
/** Hosts of the largest group. */
const HOSTS = 3

interface Group {
  members: [Contestant, Contestant, ...Contestant[]]
  /** Of the first against each of the others. */
  ids: string[]
}

async function make(): Promise<Match> {
  const memoryPorts = new MemoryPorts({ hosts: HOSTS, testpmds: 1 })
  const folder = mkdtempSync(join(tmpdir(), 'rxburst-flows-'))
  const keys = join(folder, 'keys')
  writeFileSync(keys, randomFillSync(new Uint8Array(KEY_BYTES * MILLION)))
  const few = join(folder, 'few')
  writeFileSync(few, randomFillSync(new Uint8Array(KEY_BYTES * FLOWS)))
  let program: string | undefined
  const onNull = (
    row: Pick<OursOptions, 'name' | 'mode' | 'does' | 'runtime' | 'api' | 'processor'> & { data: object },
  ): Contestant =>
    ours({
      ...{ backend: 'dpdk', device: 'net_null', burst: BURST, counts: 'rx' },
      ...{ host: memoryPorts.nullHost({ ports: 1 }) },
      ...row,
    })
  const table = (name: string, mode: string, does: string, task: string): Contestant =>
    onNull({
      ...{ name, mode, does, runtime: 'ts', api: 'burst', processor: 'flowTable' },
      data: { task, flows: FLOWS },
    })
  const alone = (what: 'look' | 'insert', mode: string, file: string, flows: number): Group => ({
    ids: [mode],
    members: [
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
    ],
  })
  const stamped = 'one of 100 000 flows was written into it when it was received'
  const groups: Group[] = [
    {
      ids: ['hit-drop/c', 'hit-drop/ts'],
      members: [
        table('flows hit and DROP', 'hit-drop', `the table finds its flow and drops it; ${stamped}`, 'table'),
        onNull({
          name: 'C loop counts flows',
          mode: 'count',
          does: `parses the 5-tuple, finds its row, counts, drops; ${stamped}`,
          runtime: 'c',
          api: 'loop',
          processor: 'cLoop',
          data: { mode: 'count', flows: FLOWS },
        }),
        table(
          'TypeScript counts flows',
          'count',
          `parses the 5-tuple, finds its row, counts, drops; ${stamped}`,
          'count',
        ),
      ],
    },
    alone('look', 'lookup-100k', few, FLOWS),
    alone('look', 'lookup-1m', keys, MILLION),
    alone('insert', 'insert', keys, MILLION / 4),
    {
      ids: ['empty'],
      members: [
        table('drop beside an empty table', 'empty', `touches nothing; ${stamped}`, 'empty'),
        table('drop without a table', 'drop', `touches nothing; ${stamped}`, 'drop'),
      ],
    },
  ]
  return {
    contestants: groups.flatMap(({ members }) => members),
    groups: groups.map(({ members }) => ({ members })),
    notes: [
      ...memoryPorts.notes,
      'insert: each flow takes the place of the oldest, so it counts a removal too, on both sides; the table is half full',
    ],
    ratios: groups.flatMap(({ ids, members: [of, ...others] }) =>
      ids.map((id, i): Match['ratios'][0] => [of.name, others[i].name, 'mpps', id]),
    ),
    async close() {
      try {
        await memoryPorts.close()
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

export const flowsScenario: Scenario = {
  name: 'flows',
  about: "the worker's table of flows against handlers that do its work, and against rte_hash, on one core",
  seconds: 60,
  lab: false,
  hugepages: true,
  cpus: 1,
  make,
}
