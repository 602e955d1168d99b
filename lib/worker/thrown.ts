// What a program threw, which may be anything, as plain data that crosses threads. Reading it never throws.
import { inspect } from 'node:util'
import { RxburstError } from '../errors.js'
import type { PlainError } from './start.js'

const CAUSES_MAX = 8 // a chain of causes may be a circle
const TEXT_MAX = 4096

/** A property, or undefined where reading it throws. */
function read(of: unknown, key: 'code' | 'name' | 'message' | 'stack' | 'cause'): unknown {
  try {
    return (of as Record<string, unknown> | null | undefined)?.[key]
  } catch {
    return undefined
  }
}

function textOf(thrown: unknown, key: 'code' | 'name' | 'message' | 'stack'): string | undefined {
  const value = read(thrown, key)
  return typeof value === 'string' ? value : undefined
}

function isError(thrown: unknown): boolean {
  try {
    return thrown instanceof Error
  } catch {
    return false // a Proxy that answers nothing
  }
}

/** A value in words: an error's name and message, else the value as a string. */
export function wordsOf(thrown: unknown): string {
  if (isError(thrown)) return `${textOf(thrown, 'name') ?? 'Error'}: ${textOf(thrown, 'message') ?? ''}`
  for (const show of [String, (value: unknown) => inspect(value, { depth: 1 })])
    try {
      return show(thrown).slice(0, TEXT_MAX)
    } catch {} // no prototype, or one that throws
  return `a value of type ${typeof thrown} that can't be shown`
}

/** The code of its own that it has, if it has one. */
export const codeIn = (thrown: unknown): string | undefined => textOf(thrown, 'code')

/** The process can open no more files: Node says so in a code, or in the words of another error. */
export const noDescriptors = (thrown: unknown): boolean =>
  /\b(EMFILE|ENFILE)\b/.test(`${codeIn(thrown) ?? ''} ${textOf(thrown, 'message') ?? ''}`)

/** Its name, message, code and stack, and those of its causes. */
export function toPlain(thrown: unknown, depth = 0): PlainError {
  const cause = read(thrown, 'cause')
  return {
    name: textOf(thrown, 'name') ?? 'Error',
    message: textOf(thrown, 'message') ?? wordsOf(thrown),
    code: codeIn(thrown),
    stack: textOf(thrown, 'stack'),
    ...(isError(cause) && depth < CAUSES_MAX ? { cause: toPlain(cause, depth + 1) } : {}),
  }
}

function causeOf({ name, message, code, stack, cause }: PlainError): Error {
  const error = new Error(message, cause && { cause: causeOf(cause) })
  return Object.assign(error, { name, ...(code ? { code } : {}), ...(stack ? { stack } : {}) })
}

/** An error again: an RxburstError always, under the name that the program's own error had. */
export function revive(plain: PlainError): RxburstError {
  const { name, message, code = 'ERR_PROCESSOR', stack, cause } = plain
  const error = new RxburstError(code, message, cause && { cause: causeOf(cause) })
  return Object.assign(error, { name, ...(stack ? { stack } : {}) })
}
