// Packets that have their flow since they were received (native/bench/stamp.cc): a table drops or forwards them, a
// handler counts them, or they have no flow in a table that is empty, or full of others, or not there.
import { dnat, type Step, setMac } from '../../../flows/steps.js'
import type { FlowTable } from '../../../flows/table.js'
import type { BurstHandler, Context } from '../../../worker/processor.js'
import { DROP, tx } from '../../../worker/verdict.js'
import { nativeBench } from '../../native.js'
import { counter } from '../flows.js'

export interface FlowTask {
  task: 'table' | 'count' | 'drop' | 'empty' | 'miss' | 'mac' | 'dnat'
  /** All ports together. */
  flows: number
}

type FlowContext = Context<FlowTask & { ready: Int32Array }>

const MAC = { src: '02:00:00:00:00:01', dst: '02:00:00:00:00:02' }
const SERVER = { ip: '10.77.0.9', port: 8080 }
/** Turns between two looks at how many flows there are. */
const LOOK = 256

const STEPS: Record<'table' | 'miss' | 'mac' | 'dnat', (port: number) => Step[]> = {
  table: () => [DROP],
  miss: () => [DROP],
  mac: (port) => [setMac(MAC), tx(port ^ 1)],
  dnat: (port) => [dnat(SERVER), tx(port ^ 1)],
}

const dropAll: BurstHandler = (burst) => burst.setAll(DROP)

function counting(context: FlowContext): BurstHandler {
  const { u32 } = context
  const count = counter(context)
  return (burst) => {
    const { offsetIndex, count: n } = burst
    for (let i = 0; i < n; i++) count(u32[offsetIndex + i])
    burst.setAll(DROP)
  }
}

/** Makes a flow of each packet that is shown. */
function adding(context: FlowContext, table: FlowTable, task: keyof typeof STEPS): BurstHandler {
  const actions = context.ports.map(({ index }) => context.flows.action(...STEPS[task](index)))
  return (burst) => {
    const action = actions[burst.port]
    for (let i = 0; i < burst.count; i++) burst.setVerdict(i, table.add(burst.at(i), action))
  }
}

export default (context: FlowContext): BurstHandler => {
  const { task, flows, ready } = context.data
  const { stamp } = nativeBench()
  const perQueue = flows / context.queues.length
  const table =
    task === 'count' || task === 'drop'
      ? undefined
      : context.flows.shape('5tuple', {
          capacity: task === 'empty' ? 2 * flows : flows,
          idleMs: 0,
          tcp: 'blind',
        })
  let handler: BurstHandler = dropAll
  if (task === 'count') handler = counting(context)
  else if (table && task !== 'empty') handler = adding(context, table, task as keyof typeof STEPS)
  const steady = task === 'miss' ? dropAll : handler
  let turns = 0
  let filling = table !== undefined && task !== 'empty'
  context.onTurn(() => {
    if (turns++ === 0) stamp(perQueue, 0)
    if (!filling || turns % LOOK !== 0 || table!.stats.entries < flows) return
    filling = false
    handler = steady
    if (task === 'miss') stamp(perQueue, flows)
    ready[0] = 1
  })
  return (burst) => (turns > 0 ? handler(burst) : burst.setAll(DROP))
}
