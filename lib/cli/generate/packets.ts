// `rxburst generate PORT --packet … --measure PORT2`: any packet by the names of its headers, and what became of it.
import { InvalidArgumentError } from 'commander'
import { packetSpec } from '../../generate/packet.js'
import { type Measured, openPacketGenerator } from '../../generate/packet-port.js'
import { parseRate } from '../../generate/rate.js'
import { number, round, sendAll } from './sending.js'

const DEFAULT_PACKET = 'ethernet/ipv4/udp'
const BURST_MAX = 256

export interface PacketFlags {
  packet?: string
  set?: string[]
  vary?: string[]
  size?: number | 'imix'
  rate?: string
  burst?: number
  measure?: string
  duration?: number
  count?: number
  cpu?: number
  workers?: number
  fromMac?: string
  toMac?: string
  json?: boolean
}

/** An option that may be given more than once. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value]

export const sizeOf = (text: string): number | 'imix' => (text === 'imix' ? text : number(text))

export async function generatePackets(port: string, flags: PacketFlags): Promise<void> {
  const {
    packet = DEFAULT_PACKET,
    set = [],
    vary = [],
    measure,
    burst = 1,
    workers = 1,
    fromMac,
    toMac,
  } = flags
  if (!Number.isInteger(burst) || burst > BURST_MAX)
    throw new InvalidArgumentError(`--burst is a whole number from 1 to ${BURST_MAX}.`)
  const spec = packetSpec(packet, set, vary, flags.size)
  const size = spec.sizes.reduce((sum, bytes) => sum + bytes, 0) / spec.sizes.length
  const packetsPerSecond = flags.rate === undefined ? 0 : parseRate(flags.rate, size)
  const options = { spec, packetsPerSecond, burst, cpu: flags.cpu ?? -1, fromMac, toMac, measure, workers }
  const generator = await openPacketGenerator(port, options)
  try {
    const { seconds, sent } = await sendAll(
      generator,
      `${packet}${measure ? `, measured at ${measure}` : ''}`,
      flags,
    )
    const measured = await generator.measured()
    const offered = generator.offered()
    const result = {
      seconds: round(seconds),
      port,
      packet,
      size: flags.size ?? size,
      sent,
      offered,
      offered_counter: 'device',
      refused: Math.max(0, sent - offered),
      mpps: round(offered / seconds / 1e6),
      gbps: round((offered * size * 8) / seconds / 1e9),
      ...(measured ? { measured: { port: measure, ...measured } } : {}),
    }
    process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : textOf(result, measured))
  } finally {
    await generator.close()
  }
}

type Result = {
  port: string
  packet: string
  offered: number
  seconds: number
  mpps: number
  gbps: number
  refused: number
}

function textOf(result: Result, measured: Measured | null): string {
  const { port, packet, offered, seconds, mpps, gbps, refused } = result
  const sent = `${port}: ${packet}\noffered ${offered} packets in ${seconds.toFixed(2)} s: ${mpps} Mpps, ${gbps} Gbit/s (device’s counter); ${refused} refused\n`
  if (!measured) return sent
  const { received, lost, reordered, duplicates, latency_us: latency } = measured
  const counts = `received ${received}, lost ${lost}, out of order ${reordered}, duplicates ${duplicates}\n`
  if (!latency) return sent + counts
  return `${sent}${counts}latency p50 ${latency.p50} µs, p99 ${latency.p99} µs, p99.99 ${latency.p99_99} µs, most ${latency.max} µs\n`
}
