// Replays a capture file out of a port: the main thread reads it into a ring, a worker sends each packet when it is
// due.
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { open } from '../control/open/open.js'
import type { Port } from '../control/port.js'
import { run } from '../control/run.js'
import { RxburstError } from '../errors.js'
import { ETHERNET } from '../pcap/link-types.js'
import type { CapturedPacket } from '../pcap/packet.js'
import { openCapture } from '../pcap/reader.js'
import { Histogram } from '../tables/index.js'
import { paceOf } from './pace.js'
import type { ReplayData } from './processor.js'
import { parseRewrite } from './rewrite.js'
import { newRing, RingWriter } from './ring.js'

const PROCESSOR = new URL('./processor.js', import.meta.url)
const FULL_MS = 1
const SETTLE_MS = 5 // until the last packets are in the counters
const LEAST_BYTES = 14 // an Ethernet header
const AHEAD = 1024 // packets that are read before the first one leaves

export interface ReplayOptions {
  file: string
  port: string
  rate: string
  loop: number
  rewrite: readonly string[]
  /** The CPU to send from; -1: the last one. */
  cpu: number
  signal: AbortSignal
  /** Called about every second. */
  onProgress: (sent: number, seconds: number) => void
}

export interface Replayed {
  seconds: number
  /** Packets of the file that were read, in all rounds. */
  read: number
  /** Accepted by the device, and their bytes. */
  sent: number
  bytes: number
  /** Refused by the device. */
  refused: number
  /** Not sent: shorter than an Ethernet header, or longer than the port takes. */
  skipped: number
  /** How much later than due packets left, microseconds. */
  late_us: { p50: number; p99: number; max: number } | null
}

/** A round through the file; a file that can't be opened is told by a code. */
async function* packetsOf(file: string): AsyncGenerator<CapturedPacket, void> {
  try {
    yield* openCapture(file)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    if (error instanceof RxburstError || !/^E[A-Z]+$/.test(code)) throw error
    throw new RxburstError('ERR_BAD_ARGUMENT', `${file} can't be read: ${message}`)
  }
}

/** Begins with packets of the first round that were read before. */
async function* withFirst(
  first: IteratorResult<CapturedPacket, void>,
  rest: AsyncGenerator<CapturedPacket, void>,
) {
  if (first.done) return
  yield first.value
  yield* rest
}

const us = (ns: number) => Math.round(ns / 10) / 100

/**
 * Sends the file's packets. Everything is checked before the port is opened; a fault further on in the file is thrown
 * when what stands before it was sent.
 */
export async function replay(options: ReplayOptions): Promise<Replayed> {
  const { file, loop } = options
  const pace = paceOf(options.rate)
  const rewrites = options.rewrite.map(parseRewrite)
  if (file === '-' && loop !== 1)
    throw new RxburstError('ERR_BAD_OPTION', '--loop reads the file again, which standard input can not')
  const rest = packetsOf(file)
  try {
    const first = await rest.next()
    if (!first.done) checkLink(file, first.value)
    const port = await open(options.port, { takeAll: true })
    try {
      return await sendAll(options, port, { pace, rewrites, source: withFirst(first, rest) })
    } finally {
      await port.close()
    }
  } finally {
    await rest.return() // standard input may wait for more
  }
}

function checkLink(file: string, { interface: { linkType }, number }: CapturedPacket): void {
  if (linkType !== ETHERNET)
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `${file}: packet ${number} has no Ethernet header (link type ${linkType}): a port sends such packets only`,
    )
}

interface Prepared {
  pace: ReturnType<typeof paceOf>
  rewrites: ReplayData['rewrites']
  source: AsyncGenerator<CapturedPacket, void>
}

async function sendAll(
  { file, loop, cpu, signal, onProgress }: ReplayOptions,
  port: Port,
  { pace, rewrites, source }: Prepared,
): Promise<Replayed> {
  const data: ReplayData = { ring: newRing(), rewrites, late: Histogram.create() }
  const ring = new RingWriter(data.ring)
  const worker = { cpu: cpu < 0 ? availableParallelism() - 1 : cpu, queues: [port.queues[0]], data }
  const plane = await run(PROCESSOR, { workers: [worker], idle: 'spin', control: false })
  let over = false
  const ended = plane.done.finally(() => {
    over = true
  })
  ended.catch(() => {})
  const most = Math.min(port.capabilities.frameMax, port.mtu + LEAST_BYTES)
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1e3
  let read = 0
  let skipped = 0
  let told = began
  let failed: unknown
  const stopped = () => over || signal.aborted
  const wait = async () => {
    ring.go()
    await sleep(FULL_MS)
    if (performance.now() - told < 1000) return
    told = performance.now()
    onProgress(plane.snapshot().tx.packets, seconds())
  }
  try {
    for (let round = 0; (loop === 0 || round < loop) && !stopped(); round++) {
      const before = read
      for await (const packet of round === 0 ? source : packetsOf(file)) {
        checkLink(file, packet)
        read++
        const { bytes } = packet
        const due = pace(bytes.length, packet.time)
        // A packet that the capture has cut would leave with lengths that lie.
        if (bytes.length < Math.max(LEAST_BYTES, packet.length) || bytes.length > most) skipped++
        else while (!stopped() && !ring.put(bytes, due)) await wait()
        if (read === AHEAD) ring.go()
        if (stopped()) break
      }
      if (read === before) break // an empty file has no rounds
      pace.again()
    }
  } catch (error) {
    failed = error
  }
  ring.go()
  while (!stopped() && !ring.empty) await wait()
  await sleep(SETTLE_MS)
  const took = seconds()
  await plane.stop()
  await ended
  if (failed) throw failed
  const { tx, rejected } = plane.snapshot()
  const late = data.late
  return {
    seconds: took,
    read,
    sent: tx.packets,
    bytes: tx.bytes,
    refused: rejected.packets,
    skipped,
    late_us:
      late.count === 0
        ? null
        : { p50: us(late.percentile(50)), p99: us(late.percentile(99)), max: us(late.max) },
  }
}
