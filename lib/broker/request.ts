// The words of a request to the broker, read strictly: what a program sends may be anything.
import { layout } from '../layout.gen.js'

const QUEUE = /^(?:0|[1-9]\d{0,3})$/

/** Queue numbers in decimal digits, at least one and each once; undefined: it is no such list. */
export function queuesOf(words: readonly string[]): number[] | undefined {
  if (words.length === 0 || new Set(words).size < words.length) return undefined
  return words.every((word) => QUEUE.test(word)) ? words.map(Number) : undefined
}

/** What `QUEUE` or `QUEUE,later` asks for; undefined: neither. */
export function socketOf(words: readonly string[]): { queue: number; later: boolean } | undefined {
  const queue = queuesOf(words.slice(0, 1))?.[0]
  if (queue === undefined || words.length > 2 || (words.length === 2 && words[1] !== 'later'))
    return undefined
  return { queue, later: words.length === 2 }
}

const NUMBER = /^(?:0|[1-9]\d{0,7})$/
const MAPS = ['words', 'slots', 'keys4', 'keys6'] as const
const SHAPES = 6
const FLAGS = 256
/** Flows of one client on one port: the kernel keeps memory for all of them at once. */
export const FLOWS_MAX = 65_536

export interface FlowMapRequest {
  shape: number
  watch: number
  capacity: number
  /** In which order tables are asked. */
  table: number
}

/** What `SHAPE,WATCH,CAPACITY,TABLE` asks for; undefined: it is no such thing, or more flows than a client gets. */
export function flowsOf(words: readonly string[]): FlowMapRequest | undefined {
  if (words.length !== 4 || !words.every((word) => NUMBER.test(word))) return undefined
  const [shape, watch, capacity, table] = words.map(Number)
  const fits =
    shape < SHAPES &&
    watch < FLAGS &&
    capacity > 0 &&
    capacity <= FLOWS_MAX &&
    table < layout.limits.flowTablesMax
  return fits ? { shape, watch, capacity, table } : undefined
}

/** The map that the last word names. */
export const mapOf = (word: string | undefined) => MAPS.find((name) => name === word)
