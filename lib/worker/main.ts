// The worker thread: loads the processor, then polls. The loop is here, in TypeScript, so that terminate() stops it.
import { getSystemErrorMap } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import { codeOf, RxburstError } from '../errors.js'
import { type FlowOrder, WorkerFlows } from '../flows/flows.js'
import type { NicAnswer, NicOrder } from '../flows/nic.js'
import { useHooks } from '../loader/loader.js'
import { layout, native, type TapOrder } from '../native.js'
import { Burst, DebugBurst } from './burst.js'
import { Counters } from './counter.js'
import { measuring } from './measured.js'
import { factoryProblem, handlerProblem, refusePromise, watched } from './mistakes.js'
import { alloc, postOverflow } from './owned-packet.js'
import type { BurstHandler, Context, Processor } from './processor.js'
import type { WorkerMessage } from './start.js'
import { codeIn, noDescriptors, toPlain, wordsOf } from './thrown.js'
import { start as handed, u8, u16, u32 } from './views.js'
import { noVerdict } from './wrong-verdict.js'

const start = handed!
const { offsets, head, attention } = layout
const HEAD = (start.blockAt + offsets.head) >>> 2
const ATTENTION = HEAD + head.attention
const COUNT = (start.blockAt + offsets.slot + offsets.slotCount) >>> 2
const SLOT = offsets.slotBytes >>> 2
const BURST_MAX = layout.limits.burstMax
const slots = start.queues.length
const turn = native.turn
const words = u32 // see memory.ts
const stopping = new AbortController()
const perTurn: (() => void)[] = []
const flows = new WorkerFlows(start.id)

const tell = (message: WorkerMessage) => start.channel.postMessage(message)

const bad = (what: string, cause?: unknown) =>
  new RxburstError(
    'ERR_PROCESSOR',
    `${start.processor}: ${what}`,
    cause === undefined ? undefined : { cause },
  )

let running = false
let hintAt: (thrown: unknown) => string = () => ''

/** What the user's code threw: its own error where that has a code, else one of ours that has it as its cause. */
function coded(thrown: unknown, where: string): unknown {
  if (codeIn(thrown) !== undefined) return thrown
  return bad(`${where} ${wordsOf(thrown)}${hintAt(thrown)}`, thrown)
}

async function load(): Promise<BurstHandler> {
  useHooks()
  const module = await import(start.processor).catch((error) => {
    const { message } = toPlain(error)
    const hint = /outside a module/.test(message) ? '; it is an ES module: name it .mjs or .ts' : ''
    if (noDescriptors(error))
      throw new RxburstError(
        'ERR_NO_DESCRIPTORS',
        `${start.processor}: the processor module can't be loaded: ${message}. \`ulimit -n\` shows the limit and raises it.`,
        { cause: error },
      )
    throw bad(`the processor module can't be loaded: ${message}${hint}`, error)
  })
  const factory: Processor = module.default
  const problem = factoryProblem(factory)
  if (problem) throw bad(problem)
  const { context, hint } = watched(newContext(), bursts[0], bad)
  hintAt = hint
  let handler: BurstHandler
  try {
    handler = await factory(context)
  } catch (error) {
    throw coded(error, 'its default export threw')
  }
  const wrong = handlerProblem(handler)
  if (wrong) throw bad(wrong)
  return handler
}

function newContext(): Context {
  return {
    ports: start.ports,
    queues: start.queues,
    data: start.data,
    index: start.index,
    signal: stopping.signal,
    memory: start.memory,
    u8,
    u16,
    u32,
    alloc,
    flows,
    counter: new Counters(new Float64Array(start.counters), (name) => tell({ type: 'counter', name })).of,
    onTurn: (callback) => void perTurn.push(callback),
    stop: () => tell({ type: 'stop' }),
  }
}

/** One burst object per queue; in debug mode a new one each time, so that a stale one throws. */
function burstOf(slot: number): Burst {
  const { port, queue } = start.queues[slot]
  const { borrowed, segments } = start.ports[port]
  return new (start.debug ? DebugBurst : Burst)(slot, port, queue, borrowed, segments > 1)
}

function debugged(handler: BurstHandler): BurstHandler {
  let slot = 0
  return (seen) => {
    slot = bursts.indexOf(seen)
    const burst = burstOf(slot) as DebugBurst
    burst.count = seen.count
    const returned: unknown = handler(burst)
    burst.end()
    return returned
  }
}

const bursts = start.queues.map((_, slot) => burstOf(slot))

/** Polls until native code wants attention: to yield, to stop, or because of a fault. */
function poll(handler: BurstHandler): number {
  for (;;) {
    turn()
    for (let slot = 0; slot < slots; slot++) {
      const count = words[COUNT + slot * SLOT]
      if (count !== 0) {
        const burst = bursts[slot]
        burst.count = Math.min(count, BURST_MAX) // a wild count would keep the handler busy for minutes
        const returned: unknown = handler(burst)
        if (returned !== undefined) refusePromise(returned, bad)
      }
    }
    for (let i = 0; i < perTurn.length; i++) perTurn[i]()
    postOverflow()
    const why = words[ATTENTION]
    if (why !== 0) return why
  }
}

function fault(): RxburstError {
  const code = codeOf(u32[HEAD + head.errorCode])
  const queue = start.queues[u32[HEAD + head.errorSlot]] ?? start.queues[0] // anybody may have written there
  const value = u32[HEAD + head.errorValue]
  const packet = /^ERR_(CAPTURE|SYSTEM)/.test(code) ? '' : `, packet ${u32[HEAD + head.errorPacket]}`
  const where = `worker ${start.index}, ${start.ports[queue.port].name} queue ${queue.queue}${packet}`
  const owned = start.queues.map((q) => start.ports[q.port].name).join(', ')
  const texts: Record<string, string> = {
    ERR_NO_TX_QUEUE: `the verdict ${value}, tx(${value - layout.verdicts.TX}), names a port of which this worker owns no queue; it owns queues of ${owned} (indices ${[...new Set(start.queues.map((q) => q.port))].join(', ')})`,
    ERR_BAD_VERDICT:
      value === layout.verdicts.KEEP
        ? 'KEEP: this port lends its memory, and keep() has made a copy (capabilities.frames); return packet.verdict after keep()'
        : value === layout.verdicts.FLOW
          ? '3 (FLOW) is no verdict for a packet of which no flow was made in this burst: return what add(packet, action) returns'
          : noVerdict(value),
    ERR_NOT_KEPT:
      'the verdict KEEP for a packet on which keep() was not called, which nobody could give up: call packet.keep(), and send() or release() what it returns',
    ERR_NOT_SUPPORTED: "PASS: this port can't hand packets to the kernel (port.capabilities.pass)",
    ERR_OUTSIDE_FRAME: `an offset or length (${value}) leaves the packet's own frame`,
    ERR_CAPTURE_CUT: `the file ends in the middle of the record behind packet ${value}`,
    ERR_CAPTURE_FORMAT: `the file holds what no capture file can, behind packet ${value}`,
    ERR_SYSTEM: `the file can't be written: ${getSystemErrorMap().get(-value)?.join(', ') ?? `errno ${value}`}`,
    ERR_NOT_OWNER: `send() or release() of a frame (at byte ${value}) that the program does not own: sent twice, or never kept`,
  }
  return new RxburstError(code, `${where}: ${texts[code] ?? 'a fault in the shared words'}`)
}

const orderNic = (orders: NicOrder[]) => tell({ type: 'nic', orders })

/** The records of all flows go out before their worker does; what a callback throws is told. */
function endFlows(): unknown {
  if (!running) return undefined
  running = false
  try {
    flows.end(orderNic, () => receiveMessageOnPort(start.channel)?.message)
    return undefined
  } catch (error) {
    return coded(error, `worker ${start.index} threw`)
  }
}

/** A capture begins or ends: from the next turn on the worker writes for it, or no more. */
function obeyTap(order: TapOrder): void {
  if (order.kind === 'attach') native.workers.captures.attach({ id: order.id, ring: order.ring })
  else native.workers.captures.detach(order.id)
}

/** The end of the data plane, or an order about flows or captures: all come between two turns. */
function hear(
  message:
    | 'stop'
    | { order: number; flows: FlowOrder }
    | { order: number; tap: TapOrder }
    | { nic: NicAnswer[] },
): void {
  if (message === 'stop') {
    stopping.abort()
    return
  }
  if ('nic' in message) {
    if (running) flows.hear(message.nic)
    return
  }
  const { order } = message
  try {
    if ('tap' in message) {
      obeyTap(message.tap)
      tell({ type: 'flows', order })
      return
    }
    const answer = flows.obey(message.flows)
    tell({ type: 'flows', order, answer })
  } catch (error) {
    tell({ type: 'flows', order, error: toPlain(error) })
  }
}

function finish(error?: unknown): void {
  stopping.abort() // the message that does so in a quiet worker may come too late
  const failed = endFlows()
  native.workers.finish()
  parentPort!.unref() // a processor that listens there does not hold up the end
  if (error === undefined && failed === undefined) {
    tell({ type: 'done' })
    return
  }
  tell({ type: 'error', error: toPlain(error ?? failed) })
}

/**
 * What a timer or a promise of the program throws ends the worker, unless the program sees to it itself. Node would
 * copy the error to the main thread, and fail there where its causes form a circle.
 */
function uncaught(thrown: unknown): void {
  if (process.listenerCount('uncaughtException') > 1) return
  finish(coded(thrown, `worker ${start.index} threw outside its handler`))
  process.exit(1)
}

/** Polls until the worker is to end, yielding to its own timers, messages and metrics now and then. */
function run(handler: BurstHandler): void {
  try {
    const why = poll(handler)
    u32[ATTENTION] = 0
    flows.deliver(orderNic)
    if (why & attention.error) throw fault()
    if (why & attention.ended) tell({ type: 'ended' })
    if (why & attention.stop) finish()
    else setImmediate(run, handler)
  } catch (error) {
    finish(coded(error, `worker ${start.index} threw`))
  }
}

/** The handler that the loop calls: what debug mode and measuring need stands around the program's own. */
function dressed(own: BurstHandler): BurstHandler {
  const handler = start.debug ? debugged(own) : own
  if (!start.measured) return handler
  const measured = measuring(handler, start.measured.buffer, start.measured.timed)
  perTurn.push(measured.onTurn)
  return measured.handler
}

/**
 * A handler that reads eight fields calls eight accessors and what they call: all of that is to become part of its
 * loop.
 */
function inlineMore(): void {
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=3000') // 920 unless told; only ever a limit of the compiler's
}

/** What loading has left behind is collected now, not in the middle of traffic. */
function collectGarbage(): void {
  // New contexts have gc(), from here on. The flag is the whole process's: taking it back would take it from a worker
  // that is just here.
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
}

process.on('uncaughtException', uncaught)
try {
  inlineMore()
  const handler = await load()
  collectGarbage()
  native.workers.start(start.id)
  running = true
  flows.begin()
  start.channel.on('message', hear)
  start.channel.unref()
  tell({ type: 'ready' })
  run(dressed(handler))
} catch (error) {
  finish(coded(error, `worker ${start.index} can't start:`))
}
