// The check that a value is a verdict, and what is said when it is none.
import { inspect } from 'node:util'
import { RxburstError } from '../errors.js'
import { layout } from '../native.js'

const TEXT_MAX = 60
const { TO_WORKER, RESERVED, STAGE, END } = layout.verdicts

function shown(value: unknown): string {
  if (value instanceof Promise) return 'a promise'
  const text = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY })
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text
}

function cause(value: unknown): string {
  if (value === undefined) return '; is a `return` missing?'
  if (value instanceof Promise)
    return "; a packet does not wait, so the function can't be async: keep() it and decide later"
  return ''
}

/** What a number that is allotted means: no packet can have it as its verdict yet, or here. */
function meaning(value: unknown): string {
  if (!Number.isInteger(value)) return ''
  const number = value as number
  if (number >= TO_WORKER && number < RESERVED)
    return ` (toWorker(${number - TO_WORKER}), which this version does not implement)`
  if (number >= RESERVED && number < STAGE) return ' (a reserved number)'
  if (number >= STAGE && number < END) return ` (stage ${number - STAGE} of a graph, and no graph runs here)`
  return ''
}

/** Says what is wrong about a value that is no verdict. */
export const noVerdict = (value: unknown): string =>
  `${shown(value)}${meaning(value)} is no verdict: DROP, PASS, KEEP, FLOW and tx(port) are`

/** True for a number that fits the verdict column; whether it means something there, native code checks. */
export const fitsVerdict = (value: unknown): boolean => typeof value === 'number' && (value & 0xff) === value

/**
 * Says that a program gave such a verdict. Without this check it would become 0 in the column: DROP.
 * @throws ERR_BAD_VERDICT
 */
export function refuseVerdict(value: unknown, where: string): never {
  throw new RxburstError('ERR_BAD_VERDICT', `${where}: ${noVerdict(value)}${cause(value)}`)
}

/** What stands in for a port in tx() and send(): its index. */
export function indexOfPort(port: unknown): number {
  const index = (port as { index?: unknown } | null | undefined)?.index
  if (typeof index === 'number') return index
  throw new RxburstError(
    'ERR_BAD_VERDICT',
    `tx(${shown(port)}) names no port: it takes a port of context.ports, or its index there, as in tx(0)`,
  )
}
