// The memory of a table: one SharedArrayBuffer with a head that says which table it is, so that any thread can use it.
import { badArgument } from './arguments.js'

/** A table as it arrives in another thread: structured clone keeps the buffer and drops the methods. */
export interface SharedTable {
  /** The table itself. */
  readonly buffer: SharedArrayBuffer
}

/** Words of the head: what it is, how large, and what the table itself keeps there. A cache line and another. */
export const HEAD_WORDS = 32
const MAGIC = 0x72786274 // 'rxbt'
const [AT_MAGIC, AT_KIND, AT_BYTES] = [0, 1, 2]
/** The first word of the head that a table may use. */
export const OWN_WORD = 4

const KINDS = ['Lpm4', 'Lpm6', 'TokenBucket', 'Histogram', 'Maglev'] as const
export type Kind = (typeof KINDS)[number]

/** A buffer of zeros with a head in front of `bytes` bytes. */
export function allocate(kind: Kind, bytes: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(HEAD_WORDS * 4 + bytes)
  const head = new Int32Array(buffer, 0, HEAD_WORDS)
  head[AT_MAGIC] = MAGIC
  head[AT_KIND] = KINDS.indexOf(kind)
  head[AT_BYTES] = bytes % 0x80000000
  return buffer
}

/**
 * The buffer of a table that another thread made.
 * @throws ERR_BAD_ARGUMENT when it is no buffer of such a table
 */
export function bufferOf(kind: Kind, shared: SharedTable | SharedArrayBuffer): SharedArrayBuffer {
  const buffer = shared instanceof SharedArrayBuffer ? shared : shared?.buffer
  if (!(buffer instanceof SharedArrayBuffer))
    throw badArgument(
      `${kind}.from() takes a table that came as data, or its buffer, not ${
        shared === null ? 'null' : typeof shared
      }; the main thread makes it with ${kind}.create()`,
    )
  if (buffer.byteLength < HEAD_WORDS * 4) throw badArgument(`${kind}.from(): this buffer holds no table`)
  const head = new Int32Array(buffer, 0, HEAD_WORDS)
  if (head[AT_MAGIC] !== MAGIC || head[AT_BYTES] !== (buffer.byteLength - HEAD_WORDS * 4) % 0x80000000)
    throw badArgument(`${kind}.from(): this buffer holds no table; ${kind}.create() makes one`)
  const found = KINDS[head[AT_KIND]]
  if (found !== kind) throw badArgument(`${kind}.from(): this buffer holds a table of the class ${found}`)
  return buffer
}
