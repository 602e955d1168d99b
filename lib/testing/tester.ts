// A processor under test: it gets bursts of the bytes given, in this thread, and says what it did with each packet.
import { RxburstError } from '../errors.js'
import { layout } from '../layout.gen.js'
import { Burst } from '../worker/burst.js'
import { COUNTERS_MAX, Counters } from '../worker/counter.js'
import type { PortDescription, QueueDescription } from '../worker/description.js'
import { factoryProblem, handlerProblem, refusePromise } from '../worker/mistakes.js'
import { alloc, postOverflow } from '../worker/owned-packet.js'
import type { BurstHandler, Context, Processor } from '../worker/processor.js'
import { stand } from '../worker/stand.js'
import type { Verdict } from '../worker/verdict.js'
import { u8, u16, u32 } from '../worker/views.js'
import { fill, keptOf, type Received, verdictsOf } from './columns.js'
import { NotedFlows } from './flows.js'
import { FRAME_MAX, frameOf, free, give, isInside, isPrograms, offerFresh, take } from './frames.js'

const { head, offsets, limits, verdicts } = layout
const OUTBOX = (offsets.head >>> 2) + head.outboxCount
const OUT = [offsets.outboxOffset, offsets.outboxLength, offsets.outboxVerdict].map((at) => at >>> 2)

/** The options of a test. */
export interface TestOptions<Data = unknown> {
  /** The number of ports, 1 to 16, or for each port its difference from the usual. Default 2. */
  readonly ports?: number | readonly Partial<PortDescription>[] | undefined
  /** The value of `context.data`. Default undefined. */
  readonly data?: Data | undefined
  /** Frames that alloc() can take before the next turn, 0 to 256. Default 64. */
  readonly fresh?: number | undefined
}

/** The fate of one packet of a burst. */
export interface Outcome {
  /** The verdict that the handler gave. */
  readonly verdict: Verdict
  /** The packet as the handler left it. */
  readonly bytes: Uint8Array
}

/** A packet that left through a port. */
export interface Sent {
  /** Index of the port. */
  readonly port: number
  /** The packet as it was sent. */
  readonly bytes: Uint8Array
}

const bad = (what: string) => new RxburstError('ERR_PROCESSOR', `the processor: ${what}`)

function describe(ports: TestOptions['ports'] = 2): PortDescription[] {
  const list = typeof ports === 'number' ? Array.from({ length: ports }, () => ({})) : ports
  if (!(list.length >= 1 && list.length <= limits.slotsMax))
    throw new RxburstError('ERR_BAD_OPTION', `ports: 1 to ${limits.slotsMax} of them, not ${list.length}`)
  return list.map((port, index) => ({
    name: `test:${index}`,
    mtu: FRAME_MAX - 14,
    frameMax: FRAME_MAX,
    segments: 1,
    mac: Uint8Array.of(2, 0, 0, 0, 0, index + 1),
    canPass: true,
    borrowed: false,
    ...port,
    index,
  }))
}

/** Gives a processor packets and says what it did. Packets, bursts and verdicts are those that it gets in a worker. */
export class Tester {
  /** Packets that left, in order, since the beginning or since clear(). */
  readonly sent: Sent[] = []
  /** The processor called `context.stop()`. */
  stopped = false
  /** The ports, as the processor's context describes them. */
  readonly ports: readonly PortDescription[]
  readonly #handler: BurstHandler
  readonly #bursts: Burst[]
  readonly #fresh: number
  readonly #perTurn: (() => void)[] = []
  readonly #counted: string[] = []
  readonly #cells = new Float64Array(COUNTERS_MAX)
  readonly #counters = new Counters(this.#cells, (name) => void this.#counted.push(name))
  readonly #stopping = new AbortController()
  readonly #flows = new NotedFlows()

  /** @internal use tester() or load() */
  constructor(options: TestOptions, make: (context: Context) => BurstHandler) {
    stand.begin()
    this.ports = describe(options.ports)
    this.#fresh = options.fresh ?? 64
    if (!(Number.isInteger(this.#fresh) && this.#fresh >= 0 && this.#fresh <= limits.freshMax))
      throw new RxburstError('ERR_BAD_OPTION', `fresh: a whole number from 0 to ${limits.freshMax}`)
    this.#bursts = this.ports.map(
      ({ borrowed, segments }, slot) => new Burst(slot, slot, 0, borrowed, segments > 1),
    )
    this.#enter()
    this.#handler = make(this.#context(options.data))
  }

  #context(data: unknown): Context {
    const queues: QueueDescription[] = this.ports.map((_, port) => ({ port, queue: 0 }))
    return {
      ports: this.ports,
      queues,
      data,
      index: 0,
      signal: this.#stopping.signal,
      get memory() {
        return stand.memory
      },
      u8,
      u16,
      u32,
      alloc,
      flows: this.#flows,
      counter: this.#counters.of,
      onTurn: (callback) => void this.#perTurn.push(callback),
      stop: () => {
        this.stopped = true
      },
    }
  }

  /**
   * One turn with one burst: the handler gets these packets, then its onTurn callbacks run, then verdicts are carried
   * out.
   * @param on index of the port they came from; default 0
   * @returns what became of each: of one packet, if one was given
   * @throws the error of the handler; what a worker would end with (ERR_BAD_VERDICT, ERR_NO_TX_QUEUE, ERR_NOT_KEPT,
   * ERR_NOT_SUPPORTED, ERR_OUTSIDE_FRAME, ERR_NOT_OWNER); ERR_PROCESSOR for an async handler; ERR_LIMIT for more than
   * 256 packets, or one above 1792 bytes
   */
  receive(packet: Uint8Array | Received, on?: number): Outcome
  receive(packets: readonly (Uint8Array | Received)[], on?: number): Outcome[]
  receive(given: Uint8Array | Received | readonly (Uint8Array | Received)[], on = 0): Outcome | Outcome[] {
    const list = Array.isArray(given) ? given : [given as Uint8Array | Received]
    const outcomes = this.#turn(
      list.map((each) => (each instanceof Uint8Array ? { bytes: each } : (each as Received))),
      on,
    )
    return Array.isArray(given) ? outcomes : outcomes[0]
  }

  /** A turn without packets: onTurn callbacks run, and what was given to send() and release() is carried out. */
  turn(): void {
    this.#turn([], 0)
  }

  /** The processor's own counters, by name. */
  get counters(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counted.map((name, i) => [name, this.#cells[i]]))
  }

  /** Forgets what was sent so far; returns it. */
  clear(): Sent[] {
    return this.sent.splice(0)
  }

  /** Aborts `context.signal`, as the end of a data plane does. */
  stop(): void {
    this.#stopping.abort()
  }

  /** The memory is every tester's, one at a time. */
  #enter(): void {
    stand.ports = this.ports
    offerFresh(this.#fresh)
  }

  #turn(packets: readonly Received[], on: number): Outcome[] {
    const burst = this.#bursts[on]
    if (!burst)
      throw new RxburstError('ERR_BAD_ARGUMENT', `port ${on}: there are ports 0 to ${this.ports.length - 1}`)
    if (packets.length > limits.burstMax)
      throw new RxburstError('ERR_LIMIT', `a burst of ${packets.length} packets: at most ${limits.burstMax}`)
    const long = packets.find(({ bytes }) => bytes.length > FRAME_MAX)
    if (long)
      throw new RxburstError(
        'ERR_LIMIT',
        `a packet of ${long.bytes.length} bytes: a frame holds ${FRAME_MAX}`,
      )
    this.#enter()
    const places = packets.map(({ bytes }) => take(bytes))
    fill(burst, packets, places)
    this.#flows.noted.clear()
    try {
      if (packets.length > 0) {
        const returned: unknown = this.#handler(burst)
        if (returned !== undefined) refusePromise(returned, bad)
      }
      for (const callback of this.#perTurn) callback()
      postOverflow()
    } catch (error) {
      keptOf(burst)
      for (const place of places) free(place)
      throw error
    }
    const outcomes = this.#carryOut(burst, places)
    offerFresh(this.#fresh) // what alloc() took is the program's now, and may be in the outbox
    this.#emptyOutbox()
    return outcomes
  }

  /** Ends the life of a burst by its verdicts, as native/core/turn/verdicts.cc does. */
  #carryOut(burst: Burst, places: readonly number[]): Outcome[] {
    const kept = keptOf(burst)
    const { borrowed, canPass } = this.ports[burst.port]
    let fault: RxburstError | undefined
    const outcomes = verdictsOf(burst).map((verdict, i) => {
      const where = `port ${burst.port}, packet ${i}`
      const [offset, length] = [burst.offset[i], burst.length[i]]
      const stays = isInside(offset, length) && frameOf(offset) === frameOf(places[i])
      const bytes = stays ? u8.slice(offset, offset + length) : new Uint8Array(0)
      let problem: RxburstError | undefined
      if (!stays)
        problem = new RxburstError('ERR_OUTSIDE_FRAME', `${where}: its offset or length leaves its own frame`)
      else if (verdict >= verdicts.TX && verdict < verdicts.TO_WORKER)
        problem = this.#send(verdict - verdicts.TX, bytes, where)
      else if (verdict === verdicts.KEEP && !borrowed)
        problem = kept[i]
          ? undefined
          : new RxburstError(
              'ERR_NOT_KEPT',
              `${where}: the verdict KEEP for a packet on which keep() was not called`,
            )
      else if (verdict === verdicts.PASS)
        problem = canPass
          ? undefined
          : new RxburstError(
              'ERR_NOT_SUPPORTED',
              `${where}: PASS, and the port can't hand packets to the kernel`,
            )
      else if (verdict === verdicts.FLOW && !this.#flows.noted.has(i))
        problem = new RxburstError(
          'ERR_BAD_VERDICT',
          `${where}: FLOW for a packet of which no flow was made in this burst`,
        )
      else if (verdict !== verdicts.DROP && verdict !== verdicts.FLOW)
        problem = new RxburstError('ERR_BAD_VERDICT', `${where}: ${verdict} is no verdict`)
      fault ??= problem
      if (verdict === verdicts.KEEP && kept[i] && !problem) give(places[i])
      else free(places[i])
      return { verdict: verdict as Verdict, bytes }
    })
    if (fault) throw fault
    return outcomes
  }

  #send(port: number, bytes: Uint8Array, where: string): RxburstError | undefined {
    if (port >= this.ports.length)
      return new RxburstError(
        'ERR_NO_TX_QUEUE',
        `${where}: tx(${port}), and the processor has ports 0 to ${this.ports.length - 1}`,
      )
    this.sent.push({ port, bytes })
    return undefined
  }

  /** Carries out send() and release(), as native/core/turn/owned_frames.cc does. */
  #emptyOutbox(): void {
    for (;;) {
      const count = Math.min(u32[OUTBOX], limits.outboxMax)
      let parts: Uint8Array[] = []
      let fault: RxburstError | undefined
      for (let i = 0; i < count; i++) {
        const [offset, length, word] = OUT.map((at) => u32[at + i])
        if (!isPrograms(offset)) {
          fault ??= new RxburstError(
            'ERR_NOT_OWNER',
            `send() or release() of a frame (at byte ${offset}) that the program does not own`,
          )
          continue
        }
        if (!isInside(offset, length))
          fault ??= new RxburstError(
            'ERR_OUTSIDE_FRAME',
            `send() of ${length} bytes, which leave their frame`,
          )
        parts.push(u8.slice(offset, offset + length))
        free(offset)
        if (word & limits.outboxMore) continue
        const bytes = parts.length === 1 ? parts[0] : Uint8Array.from(parts.flatMap((part) => [...part]))
        parts = []
        const verdict = word & ~limits.outboxMore
        if (verdict !== verdicts.DROP && !fault) fault = this.#send(verdict - verdicts.TX, bytes, 'send()')
      }
      u32[OUTBOX] = 0
      if (fault) throw fault
      if (count === 0) return
      postOverflow()
    }
  }
}

/** Makes the handler of a factory, or says why it is none. */
export function handlerOf(factory: unknown, context: Context): BurstHandler {
  const problem = factoryProblem(factory)
  if (problem) throw bad(problem)
  const handler = (factory as Processor)(context)
  if (handler instanceof Promise) {
    handler.catch(() => {})
    throw bad('its factory is async: await load(…) instead')
  }
  const wrong = handlerProblem(handler)
  if (wrong) throw bad(wrong)
  return handler
}
