// Packets that have their flow since they were received (native/bench/stamp.cc), dropped by a table, by a handler that
// counts, or by one that looks at nothing, with an empty table beside it or without.
import type { BurstHandler, Context } from '../../../worker/processor.js'
import { DROP } from '../../../worker/verdict.js'
import { nativeBench } from '../../native.js'
import { counter } from '../flows.js'

export interface FlowTask {
  task: 'table' | 'count' | 'drop' | 'empty'
  flows: number
}

function handlerOf(context: Context<FlowTask>): BurstHandler {
  const { task, flows } = context.data
  if (task === 'count') {
    const { u32 } = context
    const count = counter(context)
    return (burst) => {
      const { offsetIndex, count: n } = burst
      for (let i = 0; i < n; i++) count(u32[offsetIndex + i])
      burst.setAll(DROP)
    }
  }
  if (task === 'drop') return (burst) => burst.setAll(DROP)
  const table = context.flows.shape('5tuple', { capacity: 2 * flows, idleMs: 0, tcp: 'blind' })
  if (task === 'empty') return (burst) => burst.setAll(DROP)
  const drop = context.flows.action(DROP)
  return (burst) => {
    for (let i = 0; i < burst.count; i++) burst.setVerdict(i, table.add(burst.at(i), drop))
  }
}

export default (context: Context<FlowTask>): BurstHandler => {
  const handler = handlerOf(context)
  const { stamp } = nativeBench()
  let stamped = false
  context.onTurn(() => {
    if (stamped) return
    stamped = true
    stamp(context.data.flows)
  })
  return (burst) => (stamped ? handler(burst) : burst.setAll(DROP))
}
