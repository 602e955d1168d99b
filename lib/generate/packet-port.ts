// The generator behind `rxburst generate --packet`: opens the port, and the one that measures, and runs workers on the
// queues of both.
import { availableParallelism } from 'node:os'
import { open } from '../control/open/open.js'
import type { Port } from '../control/port.js'
import { run } from '../control/run.js'
import { checkInteger, RxburstError } from '../errors.js'
import { Histogram } from '../tables/index.js'
import { formatMac, headerBytes, monotonicMs, parseMac } from '../wire/index.js'
import { FRAME_MIN_BYTES } from './flow.js'
import { SENT } from './orders.js'
import type { PacketSpec } from './packet.js'
import {
  DUPLICATES,
  FOREIGN,
  PACKET_CELLS,
  type PacketData,
  RECEIVED,
  REORDERED,
} from './packet-processor.js'
import { sendingOn } from './send.js'
import { SENDER_BITS, SENDERS_MAX, signature } from './signature.js'

const PROCESSOR = new URL('./packet-processor.js', import.meta.url)
const QUIET_MS = 200 // nothing came for so long: what is missing is lost

export interface PacketOptions {
  spec: PacketSpec
  packetsPerSecond: number
  burst: number
  cpu: number
  fromMac?: string
  toMac?: string
  /** The port where the packets come back. */
  measure?: string
  /** Threads that send and measure, each by a queue of its own; the others' CPUs lie below `cpu`. */
  workers: number
}

export interface Measured {
  received: number
  /** Taken by the sending device, and never seen again. */
  lost: number
  reordered: number
  duplicates: number
  foreign: number
  latency_us: { p50: number; p99: number; p99_99: number; max: number } | null
}

export interface PacketGenerator {
  send(packets: number, milliseconds: number): Promise<number>
  offered(): number
  /** After the last send(): waits for what is under way. Null where nothing is measured. */
  measured(): Promise<Measured | null>
  close(): Promise<void>
}

const round = (nanoseconds: number) => Math.round(nanoseconds / 10) / 100

/** The MACs of the command line, or the port's own as the source. */
function withMacs(spec: PacketSpec, { fromMac, toMac }: PacketOptions, port: Port): PacketSpec {
  const given = (spec.content.ethernet ?? {}) as Record<string, number | string>
  const source = fromMac ?? (port.mac ? formatMac(parseMac(port.mac)) : undefined)
  const ethernet = {
    ...(source === undefined ? {} : { source }),
    ...(toMac === undefined ? {} : { destination: toMac }),
    ...given,
  }
  return { ...spec, content: { ...spec.content, ethernet } }
}

/** Frames that measuring can use have room for the signature behind their headers. */
function measurable(spec: PacketSpec): PacketSpec {
  if (!/\/(udp|tcp|icmp|icmpv6|sctp)$/.test(spec.path))
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `--measure: its signature stands behind UDP, TCP, ICMP, ICMPv6 or SCTP, and '${spec.path}' ends with none of them`,
    )
  const least = headerBytes(spec.path) + signature.BYTES
  return { ...spec, sizes: spec.sizes.map((size) => Math.max(size, least)) }
}

export async function openPacketGenerator(name: string, options: PacketOptions): Promise<PacketGenerator> {
  const { measure, workers } = options
  checkInteger('--workers', workers, 1, SENDERS_MAX)
  const queues = Array.from({ length: workers }, (_, n) => n)
  const opening = { takeAll: true, ...(workers > 1 ? { queues } : {}) }
  if (name.startsWith('xdp:'))
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `--packet and --measure send by a port of ours, not by ${name}: name it afxdp:${name.slice(4)}`,
    )
  const ports: Port[] = [await open(name, opening)]
  const close = async () => {
    for (const port of ports) await port.close()
  }
  try {
    if (measure !== undefined && measure !== name) ports.push(await open(measure, opening))
    const [port] = ports
    const spec = withMacs(measure === undefined ? options.spec : measurable(options.spec), options, port)
    for (const size of spec.sizes)
      checkInteger('--size', size, FRAME_MIN_BYTES, Math.min(port.capabilities.frameMax, port.mtu + 14))
    const latency = measure === undefined ? null : Histogram.create({ rows: workers })
    const shared = new SharedArrayBuffer(workers * PACKET_CELLS * 8)
    const rows = queues.map((w) => new Float64Array(shared, w * PACKET_CELLS * 8, PACKET_CELLS))
    const sum = (cell: number) => rows.reduce((all, cells) => all + cells[cell], 0)
    const data: Omit<PacketData, 'cells'> = {
      spec,
      packetsPerSecond: options.packetsPerSecond / workers,
      burst: options.burst,
      latency,
      run: Math.floor(Math.random() * 2 ** (32 - SENDER_BITS)),
      workers,
      epoch: monotonicMs(),
    }
    const cpus = availableParallelism()
    const last = options.cpu < 0 ? cpus - 1 : options.cpu
    const plane = await run(PROCESSOR, {
      ports,
      idle: 'spin',
      workers: rows.map((cells, w) => ({
        cpu: (last + w * (cpus - 1)) % cpus,
        queues: ports.map((each) => each.queues[w]),
        data: { ...data, cells },
      })),
    })
    const sending = sendingOn(plane, rows, name)
    return {
      send: sending.send,
      offered: () => plane.snapshot().tx.packets,
      async measured() {
        if (!latency) return null
        let seen = -1
        while (sum(RECEIVED) < sum(SENT) && sum(RECEIVED) !== seen) {
          seen = sum(RECEIVED)
          if (await sending.wait(QUIET_MS)) break
        }
        const at = (per: number) => round(latency.percentile(per))
        return {
          received: sum(RECEIVED),
          lost: Math.max(0, plane.snapshot().tx.packets - sum(RECEIVED)),
          reordered: sum(REORDERED),
          duplicates: sum(DUPLICATES),
          foreign: sum(FOREIGN),
          latency_us:
            latency.count === 0
              ? null
              : { p50: at(50), p99: at(99), p99_99: at(99.99), max: round(latency.max) },
        }
      },
      async close() {
        await plane.stop()
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}
