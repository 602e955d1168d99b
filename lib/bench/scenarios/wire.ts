// wire: headers by name against code by hand, and tables against DPDK's, on one core. Each ratio has an id.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Lpm4 } from '../../tables/index.js'
import type { Contestant } from '../contestants/contestant.js'
import { MemoryPorts } from '../contestants/memory-ports.js'
import { type OursOptions, ours } from '../contestants/ours.js'
import { tableLoop } from '../contestants/tables.js'
import { compileTables, type DpdkLoop, dpdkLoop } from '../peers/dpdk-tables.js'
import { addressesIn, randomPrefixes } from '../programs/full-table.js'
import type { Task } from '../programs/wire.js'
import type { Match, Scenario } from '../scenario.js'

const BURST = 32
const PREFIXES = 900_000
const GROUPS = 65_536 // as native/bench/tables.c has them
const ADDRESSES = 1 << 20
/** Hosts of the largest group. */
const HOSTS = 3

/** Files with a full table and addresses in it, the same for both sides. */
function writeFullTable(folder: string) {
  const prefixes = randomPrefixes(PREFIXES)
  const table = Lpm4.create({ prefixes: PREFIXES, groups: GROUPS })
  const text = (word: number) => [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.')
  for (let i = 0; i < PREFIXES; i++)
    table.add(`${text(prefixes.address[i])}/${prefixes.length[i]}`, prefixes.value[i])
  const image = join(folder, 'image')
  const addresses = join(folder, 'addresses')
  writeFileSync(image, new Uint8Array(table.buffer))
  writeFileSync(addresses, addressesIn(prefixes, ADDRESSES))
  return { image, addresses }
}

async function make(): Promise<Match> {
  const memoryPorts = new MemoryPorts({ hosts: HOSTS, testpmds: 1 })
  const folder = mkdtempSync(join(tmpdir(), 'rxburst-wire-'))
  const files = writeFullTable(folder)
  let program: string | undefined
  const onNull = (
    name: string,
    mode: string,
    does: string,
    how: Pick<OursOptions, 'processor'> & { data?: object },
  ): Contestant =>
    ours({
      ...{ name, mode, does, runtime: 'ts', api: 'burst', backend: 'dpdk', device: 'net_null', burst: BURST },
      ...{ counts: 'rx', heap: true, host: memoryPorts.nullHost({ ports: 1 }) },
      ...how,
    })
  const task = (name: string, mode: string, does: string, one: Task) =>
    onNull(name, mode, does, { processor: 'wire', data: { task: one } })
  const dpdk = (row: Pick<DpdkLoop, 'name' | 'does' | 'mode' | 'words'>) =>
    dpdkLoop({
      ...row,
      burst: BURST,
      hugepages: memoryPorts.notes.length === 0,
      program: () => (program ??= compileTables(folder)),
    })

  const READS = 'locate() and three reads by name'
  const HAND = "the same checks and reads by hand with the packet's own u8, u16 and u32; drops"
  const VIEWS = 'the same by hand with views of all memory, where no read is checked; drops'
  const groups: { id: string; members: [Contestant, Contestant, ...Contestant[]] }[] = [
    {
      id: 'locate',
      members: [
        task('wire locate, plain', 'locate', `${READS}, drops: IPv4 and UDP`, 'locate'),
        task('by hand, plain', 'locate-by-hand', HAND, 'locateByHand'),
        task('by views, plain', 'locate-by-views', VIEWS, 'locateByViews'),
      ],
    },
    {
      id: 'locate-mixed',
      members: [
        task(
          'wire locate, mixed',
          'locate-mixed',
          `${READS}, drops: plain, VLAN, IPv4 options and IPv6 in turn`,
          'mixed',
        ),
        task('by hand, mixed', 'locate-mixed-by-hand', HAND, 'mixedByHand'),
        task('by views, mixed', 'locate-mixed-by-views', VIEWS, 'mixedByViews'),
      ],
    },
    {
      id: 'set',
      members: [
        task('wire setDestination', 'set', 'ipv4.setDestination(), two checksums follow; drops', 'set'),
        task(
          'by hand, RFC 1624',
          'set-by-hand',
          'the same checks and the same change by hand; drops',
          'setByHand',
        ),
        task('by views, RFC 1624', 'set-by-views', VIEWS, 'setByViews'),
      ],
    },
    {
      id: 'lpm',
      members: [
        tableLoop('Lpm4.lookupMany', `${PREFIXES} prefixes, 32 addresses at a time`, {
          task: 'lpm',
          ...files,
        }),
        dpdk({
          name: 'rte_lpm_lookup_bulk',
          mode: 'lpm',
          does: 'the same prefixes and addresses, 32 at a time',
          words: ['lpm', files.image, files.addresses],
        }),
      ],
    },
    {
      id: 'hash',
      members: [
        tableLoop('flowHash', "IPv4 addresses and ports, Microsoft's key", { task: 'hash', ...files }),
        dpdk({
          name: 'rte_softrss_be',
          mode: 'hash',
          does: 'the same words, the same key',
          words: ['hash', files.addresses],
        }),
      ],
    },
    {
      id: 'flows',
      members: [
        onNull(
          'wire flows, burst 32',
          'flows-wire',
          'stamps one of 100 000 flows, parses the 5-tuple by name, finds its row, counts',
          { processor: 'wireFlows' },
        ),
        ours({
          ...{ name: `TypeScript burst flows, burst ${BURST}`, mode: 'flows', runtime: 'ts', api: 'burst' },
          ...{ backend: 'dpdk', device: 'net_null', burst: BURST, processor: 'flows', counts: 'rx' },
          does: 'stamps one of 100 000 flows, parses the 5-tuple, finds its row, counts',
          host: memoryPorts.nullHost({ ports: 1 }),
        }),
      ],
    },
  ]
  return {
    contestants: groups.flatMap(({ members }) => members),
    groups: groups.map(({ members }) => ({ members })),
    notes: memoryPorts.notes,
    // The first has its id; a third contestant stands beside them for whoever asks what the checks cost.
    ratios: groups.flatMap(({ id, members: [of, to, ...more] }): Match['ratios'] => [
      [of.name, to.name, 'mpps', id],
      ...more.map((other): Match['ratios'][0] => [of.name, other.name]),
    ]),
    async close() {
      try {
        await memoryPorts.close()
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  }
}

export const wireScenario: Scenario = {
  name: 'wire',
  about: 'headers by name against code by hand, and tables against those of DPDK, on one core',
  seconds: 60,
  lab: false,
  hugepages: true,
  cpus: 1,
  make,
}
