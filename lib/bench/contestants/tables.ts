// Contestants of ours that work on a table, in a process of their own.
import { setTimeout as sleep } from 'node:timers/promises'
import { Child } from '../children/process.js'
import type { TableReading } from '../children/tables.js'
import type { FlowLoop } from '../programs/flows/loop.js'
import type { TableLoop } from '../programs/table-loop.js'
import type { Contestant, Running } from './contestant.js'
import { RECEIVER_CPU } from './ours.js'

export function tableLoop(
  name: string,
  does: string,
  order: Omit<TableLoop, 'cells'> | Omit<FlowLoop, 'cells'>,
): Contestant {
  return {
    ...{
      name,
      does,
      kind: 'ours',
      runtime: 'ts',
      backend: 'memory',
      mode: order.task,
      api: 'loop',
      burst: 32,
    },
    async start(): Promise<Running> {
      const child = await Child.start('tables', { cpu: RECEIVER_CPU })
      try {
        await child.call('start', order)
      } catch (error) {
        await child.end()
        throw error
      }
      const read = () => child.call<TableReading>('read')
      return {
        async measure(ms) {
          const before = await read()
          await sleep(ms)
          const after = await read()
          return {
            packets: after.done - before.done,
            seconds: (after.at - before.at) / 1e3,
            heapBytes: after.heapBytes - before.heapBytes,
          }
        },
        stop: () => child.end(),
        pause: () => child.pause(),
        resume: () => child.resume(),
      }
    },
  }
}
