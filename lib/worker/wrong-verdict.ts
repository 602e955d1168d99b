// The check that a value is a verdict, and what is said when it is none.
import { inspect } from 'node:util'
import { RxburstError } from '../errors.js'

const TEXT_MAX = 60

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

/** True for a number that fits the verdict column; whether it means something there, native code checks. */
export const fitsVerdict = (value: unknown): boolean => typeof value === 'number' && (value & 0xff) === value

/**
 * Says that a program gave such a verdict. Without this check it would become 0 in the column: DROP.
 * @throws ERR_BAD_VERDICT
 */
export function refuseVerdict(value: unknown, where: string): never {
  throw new RxburstError(
    'ERR_BAD_VERDICT',
    `${where}: ${shown(value)} is no verdict: DROP, PASS, KEEP and tx(port) are${cause(value)}`,
  )
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
