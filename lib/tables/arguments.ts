// Checks of what tables are given, so that each mistake is told with the value that was found.
import { RxburstError } from '../errors.js'

/** @throws ERR_BAD_ARGUMENT unless `value` is a whole number from `from` to `to` */
export function whole(what: string, value: unknown, from: number, to: number): number {
  if (Number.isInteger(value) && (value as number) >= from && (value as number) <= to) return value as number
  const found = typeof value === 'string' ? `'${value}'` : String(value)
  throw badArgument(`${what} is a whole number from ${from} to ${to}, not ${found}`)
}

export const badArgument = (message: string) => new RxburstError('ERR_BAD_ARGUMENT', message)

export const tableFull = (message: string) => new RxburstError('ERR_TABLE_FULL', message)
