// A data plane of ours in a process of its own: opens ports once, then runs one processor after the other over them.
import { setTimeout as sleep } from 'node:timers/promises'
import { configureArena } from '../../control/arena.js'
import type { DataPlane } from '../../control/data-plane.js'
import { open } from '../../control/open/open.js'
import type { AnyOptions } from '../../control/open/options.js'
import type { Port } from '../../control/port.js'
import { run } from '../../control/run.js'
import { RxburstError } from '../../errors.js'
import type { Orders } from './orders.js'

export interface OpenPorts {
  ports: { name: string; options?: AnyOptions }[]
  frames?: number
  frameSize?: 2048 | 4096
  /** true: refuses anything else; false: does without. Default: takes what there is. */
  hugepages?: boolean
}

export interface StartPlane {
  processor: string
  data?: object
  burst: number
  /** One worker on each of these CPUs. */
  cpus: number[]
  idle?: 'spin' | 'adaptive' | 'wait'
}

export interface PlaneReading {
  /** Monotonic, milliseconds. */
  at: number
  rx: number
  tx: number
  dropped: number
  passed: number
  gcs: number
  heapBytes: number
  rssMib: number
}

const given = <T extends object>(options: T) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T

/** Queue i of every port is worker i's; where ports have one queue only, port i is. */
const share = (ports: readonly Port[], workers: number, w: number) =>
  ports.flatMap((port, p) =>
    port.queues.filter((_, q) => (port.queues.length < workers ? p : q) % workers === w),
  )

/** Whether it has ended already, which throws its error. */
const ended = (running: DataPlane) => Promise.race([running.done.then(() => true), sleep(0, false)])

export default function plane(): Orders {
  const ports: Port[] = []
  const gcs = new Int32Array(new SharedArrayBuffer(4)) // a processor that counts collections counts them here
  const heap = new Float64Array(new SharedArrayBuffer(8)) // and one that watches its heap, what that grew by
  const ready = new Int32Array(new SharedArrayBuffer(4)) // one whose data has `prepares` says here that it can begin
  let running: DataPlane | undefined
  return {
    async open({ ports: wanted, hugepages, ...arena }: OpenPorts) {
      configureArena(given({ ...arena, hugepages }))
      const require = hugepages ? { require: { hugepages } } : {}
      for (const { name, options } of wanted) {
        const port = await open(name, { ...options, ...require })
        ports.push(port)
        if (hugepages && port.details()?.hugepages === false)
          throw new RxburstError('ERR_REQUIRE', `${name}: no hugepages were left for DPDK's own memory`)
      }
    },
    async start({ processor, data, burst, cpus, idle = 'spin' }: StartPlane) {
      running = await run(new URL(processor), {
        ports,
        burst,
        idle,
        workers: cpus.map((cpu, w) => ({
          cpu,
          data: { ...data, gcs, heap, ready },
          queues: share(ports, cpus.length, w),
        })),
      })
      while (data && 'prepares' in data && ready[0] === 0 && !(await ended(running))) await sleep(10)
    },
    read(): PlaneReading {
      const { rx, tx, dropped, passed } = running!.snapshot()
      return {
        at: performance.now(),
        rx: rx.packets,
        tx: tx.packets,
        dropped: dropped.packets,
        passed: passed.packets,
        gcs: gcs[0],
        heapBytes: heap[0],
        rssMib: process.memoryUsage.rss() / 2 ** 20,
      }
    },
    async stop() {
      running!.stop()
      await running!.done
    },
    async close() {
      for (const port of ports) await port.close()
    },
  }
}
