// dpdk-testpmd as a peer: driven over its prompt, so that one process runs every forwarding mode and idles in between.
import { setTimeout as sleep } from 'node:timers/promises'
import { Program } from '../children/process.js'
import { type Contestant, Missing, type Running } from '../contestants/contestant.js'
import { RECEIVER_CPU } from '../contestants/ours.js'
import type { RowKey } from '../report/types.js'

const PROMPT = /testpmd> $/
let instances = 0

export interface PortRates {
  rx: number
  tx: number
}

/**
 * The rates in the answer to `show port stats all`: packets a second since the last time it was asked, all ports
 * together.
 */
export function parseRates(text: string): PortRates {
  const sum = (pattern: RegExp) => [...text.matchAll(pattern)].reduce((total, [, n]) => total + Number(n), 0)
  if (!/Rx-pps:/.test(text)) throw new Error(`dpdk-testpmd showed no rates: ${text.trim().slice(0, 200)}`)
  return { rx: sum(/Rx-pps:\s+(\d+)/g), tx: sum(/Tx-pps:\s+(\d+)/g) }
}

/** One dpdk-testpmd with its devices. Its main core idles at the prompt, on CPU 0; the others forward. */
export class Testpmd {
  #program: Program | undefined

  constructor(
    readonly devices: readonly string[],
    readonly options: {
      /** false: a new process each time, because the device is somebody else's in between. */
      keep?: boolean
      /** Further flags of testpmd's own. */
      more?: readonly string[]
      /** One forwarding core on each. */
      cpus?: readonly number[]
      /** Why it takes no part. */
      absent?: Missing
    } = {},
  ) {}

  async #open(): Promise<Program> {
    const { more = ['--total-num-mbufs=16384'], cpus = [RECEIVER_CPU], absent } = this.options
    if (absent) throw absent
    const cores = ['0@0', ...cpus.map((cpu, i) => `${i + 1}@${cpu}`)].join(',')
    const command = [
      ...['stdbuf', '-oL', 'dpdk-testpmd', '--lcores', cores, '--main-lcore', '0'],
      ...['--no-pci', '--in-memory', '--no-telemetry', '--file-prefix', `rxb-${process.pid}-${instances++}`],
      ...this.devices.flatMap((device) => ['--vdev', device]),
      ...['--', '-i', ...more],
    ]
    const program = new Program(command)
    try {
      await program.says(PROMPT)
    } catch (error) {
      await program.end('SIGKILL')
      if (/failed to run command/.test(`${program.output}${(error as Error).message}`))
        throw new Missing('dpdk-testpmd is not installed', 'apt-get install dpdk-dev')
      throw error
    }
    return program
  }

  async #ask(order: string): Promise<string> {
    const program = this.#program!
    program.output = ''
    program.process.stdin!.write(`${order}\n`)
    return program.says(PROMPT)
  }

  async start(mode: string, burst: number, counts: 'rx' | 'tx'): Promise<Running> {
    if (this.#program?.ended !== undefined) this.#program = undefined
    this.#program ??= await this.#open()
    try {
      for (const order of [`set fwd ${mode}`, `set burst ${burst}`, 'start']) await this.#ask(order)
    } catch (error) {
      await this.#rest()
      throw error
    }
    return {
      measure: async (ms) => {
        await this.#ask('show port stats all')
        await sleep(ms)
        const rates = parseRates(await this.#ask('show port stats all'))
        return { packets: (rates[counts] * ms) / 1e3, seconds: ms / 1e3 }
      },
      stop: async () => {
        try {
          if (this.#program?.ended === undefined) await this.#ask('stop')
        } finally {
          await this.#rest()
        }
      },
      pause: () => this.#program?.pause(),
      resume: () => this.#program?.resume(),
    }
  }

  async #rest(): Promise<void> {
    if (!(this.options.keep ?? true)) await this.close()
  }

  async close(): Promise<void> {
    const program = this.#program
    this.#program = undefined
    if (!program || program.ended !== undefined) return
    program.process.stdin!.write('quit\n')
    await Promise.race([program.gone, sleep(2000)])
    await program.end('SIGKILL')
  }
}

export interface TestpmdOptions extends Omit<RowKey, 'kind' | 'runtime' | 'api'> {
  name: string
  does: string
  testpmd: Testpmd
  counts: 'rx' | 'tx'
  counter?: () => number
}

export function testpmdContestant({ testpmd, counts, counter, ...row }: TestpmdOptions): Contestant {
  return {
    ...row,
    kind: 'peer',
    runtime: 'c',
    api: 'none',
    async start() {
      const running = await testpmd.start(row.mode === 'drop' ? 'rxonly' : row.mode, row.burst, counts)
      if (!counter) return running
      return {
        ...running,
        async measure(ms) {
          const before = counter()
          const from = performance.now()
          await sleep(ms)
          return { packets: counter() - before, seconds: (performance.now() - from) / 1e3 }
        },
      }
    },
  }
}
