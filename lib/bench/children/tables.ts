// A process with one worker thread that works on a table; this thread reads its counters.
import { Worker } from 'node:worker_threads'
import type { FlowLoop } from '../programs/flows/loop.js'
import type { TableLoop } from '../programs/table-loop.js'
import type { Orders } from './orders.js'

export interface TableReading {
  /** Monotonic, milliseconds. */
  at: number
  done: number
  heapBytes: number
}

export default function tables(): Orders {
  const cells = new Float64Array(new SharedArrayBuffer(24))
  let worker: Worker | undefined
  return {
    async start(order: Omit<TableLoop, 'cells'> | Omit<FlowLoop, 'cells'>) {
      const program = order.task.startsWith('flow-') ? 'flows/loop' : 'table-loop'
      worker = new Worker(new URL(`../programs/${program}.js`, import.meta.url), {
        workerData: { ...order, cells },
      })
      const failed = new Promise<never>((_, reject) => worker!.once('error', reject))
      const begun = async () => {
        while (cells[1] === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      }
      await Promise.race([begun(), failed])
    },
    read: (): TableReading => ({ at: performance.now(), done: cells[1], heapBytes: cells[0] }),
    async stop() {
      await worker?.terminate()
    },
  }
}
