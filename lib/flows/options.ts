// The options of a table of flows, read once and checked.
import { checkInteger, checkKeys, nearest, RxburstError } from '../errors.js'
import type { TableRequest } from '../native.js'
import { SHAPES, type Shape } from './key.js'

/** The options of flows.shape(). */
export interface ShapeOptions {
  /** Flows that it holds, 1 to 67108864, rounded up to a power of two. Default 65536. */
  readonly capacity?: number | undefined
  /** A flow without packets for so many milliseconds ends; 0: never. It is looked for once a second. Default 10000. */
  readonly idleMs?: number | undefined
  /** A flow of that age in milliseconds ends, whatever its packets; 0: never. Default 0. */
  readonly hardMs?: number | undefined
  /** Milliseconds after which a flow that goes on makes a record for onEnded(), again and again; 0: none. Default 0. */
  readonly activeMs?: number | undefined
  /**
   * The layer that executes its flows. 'xdp': the driver, on `afxdp:` ports, for DROP, PASS, tx, setMac, dnat, snat and
   * ttl; others stay in the worker, and Flow.why says so. 'auto': the driver where there is one, from `promoteAt` on.
   * Shapes before one of these layers have one of them too. 'nic': rules of the NIC, for DROP alone, of the first shape
   * only. Default 'worker'.
   */
  readonly layer?: 'worker' | 'xdp' | 'nic' | 'auto' | undefined
  /** Packets a second from which 'auto' gives a flow to the driver, 1 to 2147483647. Default 1000. */
  readonly promoteAt?: number | undefined
  /** Whether SYN, FIN and RST are shown to the handler. Default 'watch' for '5tuple', 'blind' for the other shapes. */
  readonly tcp?: 'watch' | 'blind' | undefined
  /** Packets of a flow that are shown before it is executed below, 1 to 65535. Default 1. */
  readonly after?: number | undefined
  /** New flows in a second, above which add() makes none; 0: no limit. Default 0. */
  readonly maxNewPerSecond?: number | undefined
  /** A full table makes room, or makes no new flow. Default 'evict'. */
  readonly onFull?: 'evict' | 'refuse' | undefined
  /** Leaves the receive port out of the key. Default false. */
  readonly anyPort?: boolean | undefined
}

const KEYS = [
  'capacity',
  'idleMs',
  'hardMs',
  'activeMs',
  'layer',
  'promoteAt',
  'tcp',
  'after',
  'maxNewPerSecond',
  'onFull',
  'anyPort',
]
const CAPACITY_MAX = 2 ** 26
const MS_MAX = 2 ** 31 - 1

/** For a number that no table has. */
export const noTable = (table: number, made: number) =>
  new RxburstError('ERR_BAD_ARGUMENT', `there is no table ${table} of flows: the processor has made ${made}`)

const bad = (message: string) => new RxburstError('ERR_BAD_OPTION', message)

function oneOf<T extends string>(what: string, value: T, known: readonly T[]): T {
  if (known.includes(value)) return value
  throw bad(`${what} is '${known.join("' or '")}', not '${String(value)}'`)
}

function checkShape(shape: Shape): void {
  if (SHAPES.includes(shape)) return
  const meant = nearest(String(shape), SHAPES)
  throw bad(
    `there is no shape '${String(shape)}'${meant ? `; did you mean '${meant}'?` : ';'} '${SHAPES.join("', '")}' are`,
  )
}

/**
 * Reads the options of a table.
 * @throws ERR_BAD_OPTION; ERR_NOT_SUPPORTED for a layer that is not there
 */
export function readShapeOptions(shape: Shape, given: ShapeOptions): TableRequest {
  checkShape(shape)
  checkKeys('flows.shape()', given, KEYS)
  const {
    capacity = 65_536,
    idleMs = 10_000,
    hardMs = 0,
    activeMs = 0,
    layer = 'worker',
    promoteAt = 1000,
    tcp = shape === '5tuple' ? 'watch' : 'blind',
    after = 1,
    maxNewPerSecond = 0,
    onFull = 'evict',
    anyPort = false,
  } = given
  checkInteger('capacity', capacity, 1, CAPACITY_MAX)
  if (typeof anyPort !== 'boolean') throw bad(`anyPort is true or false, not of type ${typeof anyPort}`)
  return {
    shape: SHAPES.indexOf(shape),
    anyPort,
    capacity: 2 ** Math.ceil(Math.log2(capacity)),
    refuse: oneOf('onFull', onFull, ['evict', 'refuse']) === 'refuse',
    watch: oneOf('tcp', tcp, ['watch', 'blind']) === 'watch',
    after: checkInteger('after', after, 1, 0xffff),
    idleMs: checkInteger('idleMs', idleMs, 0, MS_MAX),
    hardMs: checkInteger('hardMs', hardMs, 0, MS_MAX),
    activeMs: checkInteger('activeMs', activeMs, 0, MS_MAX),
    newPerSecond: checkInteger('maxNewPerSecond', maxNewPerSecond, 0, MS_MAX),
    layer: oneOf('layer', layer, ['worker', 'xdp', 'nic', 'auto']),
    promoteAt: checkInteger('promoteAt', promoteAt, 1, MS_MAX),
  }
}
