// Contestants of ours: a processor on ports, in a child process that several of them share.
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenPorts, PlaneReading, StartPlane } from '../children/plane.js'
import { Child, type Place } from '../children/process.js'
import { nativeBench } from '../native.js'
import type { RowKey } from '../report/types.js'
import type { Contestant, Running } from './contestant.js'

export const RECEIVER_CPU = availableParallelism() > 1 ? 1 : 0
export const GENERATOR_CPU = 0

/** A child process with some ports open. It starts when the first contestant needs it, and again after it died. */
export class PlaneHost {
  #child: Promise<Child> | undefined

  constructor(
    readonly ports: OpenPorts,
    /** false: a new process each time, for backends that hold on to the device while it is open. */
    readonly keep = true,
    /** Where the process runs; may throw when it can't. */
    readonly place: () => Place = () => ({ cpu: GENERATOR_CPU }),
  ) {}

  async child(): Promise<Child> {
    if (this.#child && !(await this.#child.catch(() => undefined))?.alive) this.#child = undefined
    this.#child ??= this.#open()
    return this.#child
  }

  async #open(): Promise<Child> {
    const child = await Child.start('plane', this.place())
    try {
      await child.call('open', this.ports)
    } catch (error) {
      await child.end()
      throw error
    }
    return child
  }

  /** After a contestant's turn. */
  async rest(): Promise<void> {
    if (!this.keep) await this.close()
  }

  async close(): Promise<void> {
    const child = await this.#child?.catch(() => undefined)
    this.#child = undefined
    if (child?.alive) await child.call('close').catch(() => {}) // libxdp's program would stay behind
    await child?.end()
  }
}

const here = (path: string) => new URL(path, import.meta.url).href

/** Processors by what they are called here. */
export const PROCESSORS = {
  l2fwd: here('../../../examples/02-l2fwd.js'),
  drop: here('../../../examples/01-drop.js'),
  flowDriver: here('../programs/flows/driver.js'),
  flowTable: here('../programs/flows/table.js'),
  seeded: here('../programs/seeded.js'),
  perPacket: here('../programs/per-packet.js'),
  wasm: here('../programs/wasm.js'),
  cLoop: here('../programs/c-loop.js'),
  handlers: here('../programs/handlers.js'),
  flows: here('../programs/flows.js'),
  reflect: here('../programs/reflect.js'),
  pass: here('../programs/pass.js'),
  echo: here('../programs/echo.js'),
  wire: here('../programs/wire.js'),
  wireFlows: here('../programs/wire-flows.js'),
}

export interface OursOptions extends Omit<RowKey, 'kind'> {
  name: string
  does: string
  host: PlaneHost
  processor: keyof typeof PROCESSORS
  data?: object
  cpus?: number[]
  idle?: 'spin' | 'adaptive' | 'wait'
  /** What counts as a packet done. */
  counts: 'rx' | 'tx' | 'passed'
  /** Its processor watches its heap. */
  heap?: boolean
  /** Reads the packets done elsewhere: an interface's counter. */
  counter?: () => number
}

export function ours(options: OursOptions): Contestant {
  const { host, processor, data, cpus = [RECEIVER_CPU], counts, counter, idle, heap, ...row } = options
  return {
    ...row,
    kind: 'ours',
    async start(): Promise<Running> {
      if (processor === 'cLoop') nativeBench() // or it is missing, with the command that builds it
      const child = await host.child()
      const url =
        'inner' in (data ?? {}) ? { url: PROCESSORS[(data as { inner: keyof typeof PROCESSORS }).inner] } : {}
      const order: StartPlane = {
        processor: PROCESSORS[processor],
        data: { ...data, ...url },
        burst: row.burst,
        cpus,
        idle,
      }
      try {
        await child.call('start', order)
      } catch (error) {
        await host.rest()
        throw error
      }
      return {
        async measure(ms) {
          const before = await child.call<PlaneReading>('read')
          const counted = counter?.()
          const from = performance.now()
          await sleep(ms)
          const packets = counter && {
            packets: counter() - counted!,
            seconds: (performance.now() - from) / 1e3,
          }
          const after = await child.call<PlaneReading>('read')
          return {
            packets: after[counts] - before[counts],
            seconds: (after.at - before.at) / 1e3,
            ...packets,
            gcs: after.gcs - before.gcs,
            ...(heap ? { heapBytes: after.heapBytes - before.heapBytes } : {}),
          }
        },
        async stop() {
          try {
            if (child.alive) await child.call('stop')
          } finally {
            await host.rest()
          }
        },
        pause: () => child.pause(),
        resume: () => child.resume(),
      }
    },
  }
}
