// The one error class, and the check of options by name.
import { layout } from './layout.gen.js'

/**
 * Every error that rxburst throws. The message says what was wanted, what was found, and the command that mends it.
 * @example
 * ```ts
 * import { open, RxburstError } from 'rxburst'
 *
 * try {
 *   await open('afxdp:eth0', { takeAll: true })
 * } catch (error) {
 *   if (error instanceof RxburstError && error.code === 'ERR_NO_CAPABILITY') console.error(error.message)
 *   else throw error
 * }
 * ```
 */
export class RxburstError extends Error {
  /** 'RxburstError'. */
  override readonly name = 'RxburstError'
  /** A stable code, such as 'ERR_PORT_LOST': docs/errors.md lists all. */
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const codes = new Map<number, string>(layout.errors.map((row) => [row.number, row.code]))

/** The code of a number that native code left in shared words. */
export const codeOf = (number: number): string => codes.get(number) ?? 'ERR_SYSTEM'

/** Edits that turn one word into the other; two letters in the wrong order are one. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const other = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next.push(
        Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + other, swapped ? before[j - 2] + 1 : Infinity),
      )
    }
    before = row
    row = next
  }
  return row[b.length]
}

/** The word of `known` that somebody who typed `word` most likely meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((k) => ({ k, d: distance(word.toLowerCase(), k.toLowerCase()) }))
    .sort((x, y) => x.d - y.d)
  return ranked.length > 0 && ranked[0].d <= Math.max(2, word.length / 3) ? ranked[0].k : undefined
}

/** Options that have another name now. */
const RENAMED: Readonly<Record<string, string>> = { keep: 'pass', door: 'pluginSocket' }

/** Says that `key` is no option, and which one was probably meant. */
export function noOption(key: string, known: readonly string[]): string {
  const renamed = Object.hasOwn(RENAMED, key) && known.includes(RENAMED[key]) ? RENAMED[key] : undefined
  const meant = renamed ?? nearest(key, known)
  const hint = renamed ? `; it is called '${renamed}' now.` : meant ? `; did you mean '${meant}'?` : '.'
  return `there is no option '${key}'${hint} It takes ${[...new Set(known)].join(', ')}`
}

/** Throws ERR_BAD_OPTION for a key that is not in `known`, naming the one that was probably meant. */
export function checkKeys(where: string, options: object, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new RxburstError('ERR_BAD_OPTION', `${where}: options are an object, not ${String(options)}`)
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue
    throw new RxburstError('ERR_BAD_OPTION', `${where}: ${noOption(key, known)}.`)
  }
}

/** Throws ERR_BAD_OPTION unless `value` is a whole number from `from` to `to`. */
export function checkInteger(where: string, value: unknown, from: number, to: number): number {
  if (Number.isInteger(value) && (value as number) >= from && (value as number) <= to) return value as number
  throw new RxburstError(
    'ERR_BAD_OPTION',
    `${where} is a whole number from ${from} to ${to}, not ${String(value)}`,
  )
}
