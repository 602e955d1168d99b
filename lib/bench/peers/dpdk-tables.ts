// DPDK's rte_lpm and rte_softrss_be as peers: native/bench/tables.c, compiled when the scenario starts, because its
// code is inlined.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { packageRoot } from '../../package-root.js'
import { Program } from '../children/process.js'
import { type Contestant, Missing, type Running } from '../contestants/contestant.js'
import { RECEIVER_CPU } from '../contestants/ours.js'
import type { RowKey } from '../report/types.js'

const INSTALL = 'apt install libdpdk-dev pkg-config g++'

/** Options of EAL that leave no file behind. */
export const EAL: readonly string[] = ['--no-pci', '--no-telemetry', '--log-level=lib.eal:error']
const WITH_HUGEPAGES = ['--in-memory']
const WITHOUT_HUGEPAGES = ['--no-huge', '-m', '512', '--no-shconf']

/**
 * Compiles the program into that folder; says where it is.
 * @throws Missing where a compiler or DPDK's headers are not installed
 */
export function compileTables(folder: string): string {
  const flags = spawnSync('pkg-config', ['--cflags', '--libs', 'libdpdk'], { encoding: 'utf8' })
  if (flags.status !== 0) throw new Missing("libdpdk's headers are not installed", INSTALL)
  const program = join(folder, 'tables')
  const source = join(packageRoot, 'native/bench/tables.c')
  const words = flags.stdout.trim().split(/\s+/)
  const { status, error, stderr } = spawnSync('cc', ['-O3', source, '-o', program, ...words], {
    encoding: 'utf8',
  })
  if (error) throw new Missing('there is no C compiler', INSTALL)
  if (status !== 0) throw new Error(`${source} does not compile: ${stderr.trim().split('\n')[0]}`)
  return program
}

export interface DpdkLoop extends Omit<RowKey, 'kind' | 'runtime' | 'backend' | 'api'> {
  name: string
  does: string
  /** Compiles it, once. */
  program(): string
  hugepages: boolean
  /** What it does, and its files. */
  words: readonly string[]
}

/** A loop in C that counts what it did. */
export function dpdkLoop({ program, hugepages, words, ...row }: DpdkLoop): Contestant {
  return {
    ...row,
    ...{ kind: 'peer', runtime: 'c', backend: 'dpdk', api: 'loop' },
    async start(): Promise<Running> {
      const eal = [
        ...EAL,
        ...(hugepages ? WITH_HUGEPAGES : WITHOUT_HUGEPAGES),
        '--lcores',
        `0@${RECEIVER_CPU}`,
      ]
      const running = new Program([program(), ...eal, '--', ...words])
      const ask = async () => {
        const told = running.output.length
        running.process.stdin!.write('\n')
        await running.says(/\d+ \d+\n$/)
        const [count, ns] = running.output.slice(told).trim().split(' ').map(Number)
        running.output = ''
        return { count, ns }
      }
      await running.says(/ready\n$/)
      running.output = ''
      return {
        async measure(ms) {
          const before = await ask()
          await new Promise((resolve) => setTimeout(resolve, ms))
          const after = await ask()
          return { packets: after.count - before.count, seconds: (after.ns - before.ns) / 1e9 }
        },
        stop: () => running.end(),
        pause: () => running.pause(),
        resume: () => running.resume(),
      }
    },
  }
}
