// The counters that workers write into shared memory, read place by place: port, queue and worker.
import { layout } from '../../native.js'
import type { Arena } from '../arena.js'

export type CounterName = keyof typeof layout.counters
export type Counts = Record<CounterName, number> & { lost: Record<string, number> }

/** A queue of one worker. */
export interface Place {
  /** Index of its port in the data plane's list. */
  readonly port: number
  /** The device's number of the queue. */
  readonly queue: number
}

/** A processor's own counters. */
export interface OwnCounters {
  names: string[]
  cells: Float64Array
}

/**
 * What one worker's cells are called: its block, the queue and the loss names of each slot, and its processor's
 * counters.
 */
export interface CounterSource {
  id: number
  losses: string[][]
  places: readonly Place[]
  own: OwnCounters
}

/** The counts of one queue. */
export interface PlaceCounts extends Place {
  worker: number
  counts: Counts
}

/** What all workers have counted: those of one worker are of one moment. */
export interface Reading {
  places: PlaceCounts[]
  /** The processor's own, worker by worker. */
  own: Record<string, number>[]
}

export const counterNames = Object.keys(layout.counters) as CounterName[]

export const noCounts = (): Counts =>
  ({ ...Object.fromEntries(counterNames.map((name) => [name, 0])), lost: {} }) as unknown as Counts

/** Adds counts to others. */
export function addCounts(to: Counts, more: Counts): void {
  for (const name of counterNames) to[name] += more[name]
  for (const [name, count] of Object.entries(more.lost)) to.lost[name] = (to.lost[name] ?? 0) + count
}

/**
 * A worker copies its counters once a millisecond; to be overtaken that often in one look takes a reader without a CPU.
 */
const LOOKS_MAX = 100

/**
 * One worker's cells, all of the same moment. It writes its two copies in turn, so the last whole one stays as it is
 * until `flushes` has gone on: then look again. Atomic loads throughout, because plain ones may be put off until after
 * the check.
 */
function cellsOf(arena: Arena, id: number, count: number): Float64Array {
  const { offsets, head } = layout
  const block = arena.blocksAt + id * arena.blockBytes
  const words = new Uint32Array(arena.memory.buffer)
  const flushesAt = ((block + offsets.head) >>> 2) + head.flushes
  const cells = new Float64Array(count)
  const halves = new Uint32Array(cells.buffer)
  for (let look = 0; look < LOOKS_MAX; look++) {
    const flushes = Atomics.load(words, flushesAt)
    const from = (block + offsets.cells + 8 * offsets.cellsPerCopy * (flushes & 1)) >>> 2
    for (let i = 0; i < halves.length; i++) halves[i] = Atomics.load(words, from + i)
    if (Atomics.load(words, flushesAt) === flushes) break
  }
  return cells
}

/** A number that changes when the worker copies its counters, once a millisecond while it polls. */
export function flushesOf(arena: Arena, id: number): number {
  const { offsets, head } = layout
  const at = arena.blocksAt + id * arena.blockBytes + offsets.head
  return Atomics.load(new Uint32Array(arena.memory.buffer), (at >>> 2) + head.flushes)
}

/** Reads the cells of workers. */
export function readCounters(arena: Arena, sources: readonly CounterSource[]): Reading {
  const perSlot = layout.offsets.cellsPerSlot
  const places = sources.flatMap(({ id, losses, places }, worker) => {
    const cells = cellsOf(arena, id, perSlot * losses.length)
    return losses.map((lossNames, slot): PlaceCounts => {
      const at = slot * perSlot
      const counts = noCounts()
      for (const name of counterNames) counts[name] = cells[at + layout.counters[name]]
      lossNames.forEach((name, i) => {
        counts.lost[name] = cells[at + counterNames.length + i]
      })
      return { ...places[slot], worker, counts }
    })
  })
  const own = sources.map(({ own: { names, cells } }) =>
    Object.fromEntries(names.map((name, i) => [name, cells[i]])),
  )
  return { places, own }
}
