// The request `flows` of a data plane's control socket: the flows with the highest counts, in an answer of bounded
// size.
import type { Client, RequestHandler } from '../control-socket/requests.js'
import { checkInteger, RxburstError } from '../errors.js'
import type { FlowKey } from '../flows/key.js'
import type { Count, ListedFlow, Place } from '../flows/list.js'
import type { DataPlane } from './data-plane.js'

const ROWS_MAX = 4000 // of one answer: 2 MiB, where 4 MiB are possible
const ANSWER_MS = 1000 // of the 5 seconds that an answer may take: others may ask at the same time
const PLACE_MAX = 0xffff_fffe

/** The key of a flow, as JSON names its fields. Those that the table's shape has not are left out. */
export interface KeyJson {
  /** 'tcp', 'udp', 'sctp', 'icmp', 'icmpv6', else the number. */
  protocol?: string | number
  source?: string
  source_port?: number
  destination?: string
  destination_port?: number
  vlan?: number
  /** Index of the receive port in the data plane's list of ports. */
  port?: number
}

/** A flow, as `rxburst flows --json` prints it. */
export interface FlowJson {
  key: KeyJson
  layer: 'worker' | 'xdp' | 'nic'
  why: string
  /** Null: the NIC has executed it, and does not count. */
  packets: number | null
  bytes: number | null
  age_ms: number
  idle_ms: number
  action: string
  worker: number
  table: number
}

/** The answer to the request `flows`. */
export interface FlowsAnswer {
  flows: FlowJson[]
  /** Flows that were looked at. */
  live: number
  /** Where to go on, in the next request; null: that was all. */
  next: Place | null
  /** Tables that the processor has made. */
  tables: number
}

const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'icmpv6',
  132: 'sctp',
}

const keyToJson = ({
  source,
  destination,
  sourcePort,
  destinationPort,
  protocol,
  vlan,
  port,
}: FlowKey): KeyJson => ({
  ...(protocol !== undefined && { protocol: PROTOCOLS[protocol] ?? protocol }),
  ...(source !== undefined && { source }),
  ...(sourcePort !== undefined && { source_port: sourcePort }),
  ...(destination !== undefined && { destination }),
  ...(destinationPort !== undefined && { destination_port: destinationPort }),
  ...(vlan !== undefined && { vlan }),
  ...(port !== undefined && { port }),
})

const rowToJson = (flow: ListedFlow): FlowJson => ({
  key: keyToJson(flow.key),
  layer: flow.layer,
  why: flow.why,
  packets: flow.packets,
  bytes: flow.bytes,
  age_ms: flow.ageMs,
  idle_ms: flow.idleMs,
  action: flow.action,
  worker: flow.worker,
  table: flow.table,
})

function checkCount(by: unknown): Count {
  if (by === 'packets' || by === 'bytes') return by
  throw new RxburstError('ERR_BAD_ARGUMENT', `top is 'packets' or 'bytes', not ${JSON.stringify(by)}`)
}

function checkPlace(next: unknown): Place | undefined {
  if (next === undefined || next === null) return undefined
  const { worker, table, from } = next as Partial<Place>
  return {
    worker: checkInteger('next.worker', worker, 0, PLACE_MAX),
    table: checkInteger('next.table', table, 0, PLACE_MAX),
    from: checkInteger('next.from', from, 0, PLACE_MAX),
  }
}

/**
 * Answers `{"request":"flows","top":"packets","count":1000,"next":null}`. A client that wants more than one answer has
 * asks again with `next`, and puts the answers together.
 * @throws ERR_BAD_ARGUMENT, ERR_BAD_OPTION; ERR_CONTROL while the data plane starts
 */
export async function answerFlows(
  plane: DataPlane | undefined,
  asked: Parameters<RequestHandler>[0],
  { gone }: Client,
): Promise<FlowsAnswer> {
  if (!plane) throw new RxburstError('ERR_CONTROL', 'the data plane is starting: ask again')
  const by = checkCount(asked.top ?? 'packets')
  const count = checkInteger('count', asked.count ?? ROWS_MAX, 1, Number.MAX_SAFE_INTEGER)
  const from = checkPlace(asked.next)
  const rowsMax = count > ROWS_MAX ? ROWS_MAX : Number.POSITIVE_INFINITY
  const top = await plane.flows.top({ by, count, rowsMax, from, withinMs: ANSWER_MS, signal: gone })
  return { ...top, flows: top.flows.map(rowToJson) }
}
