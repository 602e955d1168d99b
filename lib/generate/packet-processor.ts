// The processor behind `rxburst generate --packet`: copies templates into fresh packets, varies fields, and measures
// what comes back.
import { Histogram } from '../tables/index.js'
import * as wire from '../wire/index.js'
import { type At, type Bytes, HEADERS, locate, monotonicMs, payloadLength, template } from '../wire/index.js'
import type { BurstHandler, Context } from '../worker/processor.js'
import { DROP } from '../worker/verdict.js'
import { ALLOWED, now, SENT, UNTIL } from './orders.js'
import type { PacketSpec, Vary } from './packet.js'
import { MAGIC, SENDER_BITS, SENDERS_MAX, signature } from './signature.js'

/** Cells behind those of orders.ts that only measuring uses. Worker. */
export const RECEIVED = 3
export const REORDERED = 4
export const DUPLICATES = 5
export const FOREIGN = 6
export const PACKET_CELLS = 7

export interface PacketData {
  cells: Float64Array
  spec: PacketSpec
  packetsPerSecond: number
  /** Packets that are sent together. */
  burst: number
  /** Nanoseconds from sending to receiving; null: nothing is measured. */
  latency: Histogram | null
  /** A number below 2^28 that no other run has. */
  run: number
  /** How many workers send; this is the one of context.index. */
  workers: number
  /** When the run began, by the clock of all threads, ms. */
  epoch: number
}

const BATCH = 32
const BACKLOG_SECONDS = 0.01
const RECENT = 1 << 16 // numbers of packets that are remembered, to know duplicates

type Setter = (p: Bytes, at: At, ...values: number[]) => void

/** Sets the field to its value in the packet of that number. */
function setterOf(
  { header, field, from, values }: Vary,
  content: Record<string, unknown>,
): (p: Bytes, at: At, n: number) => void {
  const space = { ...wire }[header as 'udp'] as unknown as Record<string, Setter>
  const set = space[`set${field[0].toUpperCase()}${field.slice(1)}`]
  const table = HEADERS.find(({ name }) => name === header)
  const { kind } = table!.fields.find(({ name }) => name === field)!
  if (kind === 'ipv6') {
    const [a, b, c] = wire.parseIpv6((content[header] as Record<string, string>)[field])
    return (p, at, n) => set(p, at, a, b, c, from + (n % values))
  }
  if (header === 'ethernet') return (p, _at, n) => set(p, from + (n % values))
  return (p, at, n) => set(p, at, from + (n % values))
}

export default ({ data, alloc, onTurn, queues, index }: Context<PacketData>): BurstHandler => {
  const { cells, spec, packetsPerSecond: rate, burst: together, run, workers, epoch } = data
  const latency = data.latency === null ? null : Histogram.from(data.latency, index)
  const sender = run * SENDERS_MAX + index
  const templates = spec.sizes.map((size) => template(spec.path, spec.content, size))
  const setters = spec.vary.map((vary) => setterOf(vary, spec.content))
  const spans = spec.vary.map(({ values }) => values)
  const batch = Math.ceil(BATCH / together) * together
  let next = 0
  let credit = 0
  let credited = now()

  const nanoseconds = () => (monotonicMs() - epoch) * 1e6

  /** How many packets the rate lets go now: whole bursts. */
  const due = (time: number): number => {
    if (rate === 0) return batch
    const most = Math.max(together, rate * BACKLOG_SECONDS)
    credit = Math.min(credit + ((time - credited) * rate) / 1e3, most)
    credited = time
    return Math.min(batch, Math.floor(credit / together) * together)
  }

  const send = (): boolean => {
    let n = next * workers + index // of all packets of all workers
    const made = templates[n % templates.length]
    const packet = alloc(made.bytes.length)
    if (!packet) return false
    const at = made.put(packet)
    for (let k = 0; k < setters.length; k++) {
      setters[k](packet, at, n)
      n = Math.floor(n / spans[k])
    }
    if (latency) {
      signature.setMagic(packet, at, MAGIC)
      signature.setRun(packet, at, sender)
      signature.setNumber(packet, at, next)
      const time = nanoseconds()
      signature.setTimeHigh(packet, at, Math.floor(time / 2 ** 32))
      signature.setTimeLow(packet, at, time >>> 0)
    }
    next++
    packet.send(0)
    return true
  }

  onTurn(() => {
    const left = cells[ALLOWED] - cells[SENT]
    const time = now()
    if (left <= 0 || time >= cells[UNTIL]) {
      credited = time
      return
    }
    const wanted = Math.min(left, due(time))
    let sent = 0
    while (sent < wanted && send()) sent++
    credit -= sent
    cells[SENT] += sent
  })
  if (!latency) return (burst) => burst.setAll(DROP)

  const receives = queues[queues.length - 1].port
  const recent = new Float64Array(RECENT * workers).fill(-1) // of each sender
  const expected = new Float64Array(workers)
  const receive = (p: Bytes) => {
    const at = locate(p)
    if (
      payloadLength(p, at) < signature.BYTES ||
      signature.magic(p, at) !== MAGIC ||
      signature.run(p, at) >>> SENDER_BITS !== run
    ) {
      cells[FOREIGN]++
      return
    }
    const number = signature.number(p, at)
    const from = signature.run(p, at) & (SENDERS_MAX - 1)
    const place = from * RECENT + (number % RECENT)
    if (recent[place] === number) {
      cells[DUPLICATES]++
      return
    }
    recent[place] = number
    cells[RECEIVED]++
    if (number < expected[from]) cells[REORDERED]++
    else expected[from] = number + 1
    const sentAt = signature.timeHigh(p, at) * 2 ** 32 + signature.timeLow(p, at)
    latency.record(nanoseconds() - sentAt)
  }
  return (burst) => {
    if (burst.port === receives) for (let i = 0; i < burst.count; i++) receive(burst.at(i))
    burst.setAll(DROP)
  }
}
