// A list of the flows of running workers. It comes in pieces, one each time that a worker yields, so that packets wait
// for 50 µs at most however large a table is.
import { formatIpv4, formatMac } from '../wire/addresses.js'
import { KEY_BYTES, readKey, type Shape } from './key.js'
import type { Flow } from './table.js'

// As native/flows/list/list.h lays a piece out.
const ROWS = 1024
const ROW_BYTES = 128
const TEXT_BYTES = 16_384
const PIECE_BYTES = ROWS * ROW_BYTES + TEXT_BYTES
const NUMBERS = { packets: 40, bytes: 48, param: 56, firstMs: 64, lastMs: 72 }
const AGE = 80
const IDLE = 84
const ACTION = 88
const FAMILY = 92
const FLAGS = 93
const IS_TWIN = 1
const UNCOUNTED = 2
const LAYER = 94
const WHY = 102

/** `next` behind the last piece of a table. */
export const LAST = 0xffff_ffff

/** By which of its counts a flow is great. */
export type Count = 'packets' | 'bytes'

/** What the main thread asks of a worker's flows: the next piece. */
export interface PieceOrder {
  call: 'list'
  table: number
  from: number
  by: Count
  /** Flows of more than so many have a row, the others are counted. */
  above: number
  /** In memory that both threads share. */
  into: Uint8Array
}

/** A worker's answer. `shape`: of the table, if there is such a table. */
export interface Piece {
  tables: number
  shape?: Shape
  rows: number
  live: number
  next: number
  textBytes: number
}

/** A flow in a list. */
export interface ListedFlow extends Flow {
  /** Index of the worker that has it. */
  readonly worker: number
  /** The number of its table, in the order in which the processor made them. */
  readonly table: number
  /** The steps of its action, in words: 'dnat(10.0.0.7:8080), ttl, tx(1)'. */
  readonly action: string
  /** Milliseconds since it was made. */
  readonly ageMs: number
  /** Milliseconds since its last packet. */
  readonly idleMs: number
}

/** Where a list goes on. */
export interface Place {
  worker: number
  table: number
  from: number
}

/** A flow whose row is not read yet. */
export interface Row {
  readonly packets: number
  readonly bytes: number
  read(): ListedFlow
}

const FILL: Readonly<Record<string, (param: number) => string>> = {
  ip: (param) => formatIpv4(Math.floor(param / 65536) >>> 0),
  port: (param) => `${param % 65536}`,
  mac: (param) => formatMac(param % 2 ** 48),
  tci: (param) => `${param % 65536}`,
}

/** The steps of an action with a flow's own parameter in the place of PARAM. */
const filled = (text: string, param: number) =>
  text.replace(/\{(ip|port|mac|tci)\}/g, (_, name: string) => FILL[name](param))

function rowOf(row: Buffer, { worker, table }: Place, shape: Shape, texts: ReadonlyMap<number, string>): Row {
  const number = (name: keyof typeof NUMBERS) => row.readDoubleLE(NUMBERS[name])
  const uncounted = (row[FLAGS] & UNCOUNTED) !== 0
  const word = (from: number, to: number) => row.toString('latin1', from, to).split('\0', 1)[0]
  return {
    packets: number('packets'),
    bytes: number('bytes'),
    read: () => ({
      worker,
      table,
      key: readKey(shape, row[FAMILY], row.subarray(0, KEY_BYTES)),
      layer: word(LAYER, WHY) as Flow['layer'],
      why: word(WHY, ROW_BYTES),
      packets: uncounted ? null : number('packets'),
      bytes: uncounted ? null : number('bytes'),
      firstMs: number('firstMs'),
      lastMs: number('lastMs'),
      ageMs: row.readUInt32LE(AGE),
      idleMs: row.readUInt32LE(IDLE),
      param: number('param'),
      twin: (row[FLAGS] & IS_TWIN) !== 0,
      action: filled(texts.get(row.readUInt32LE(ACTION)) ?? '', number('param')),
    }),
  }
}

/** The texts of actions by their number: a line each. */
const textsOf = (lines: Buffer): Map<number, string> =>
  new Map(
    lines
      .toString('latin1')
      .split('\n')
      .map((line) => [Number.parseInt(line, 10), line.slice(line.indexOf('\t') + 1)]),
  )

/** Memory for pieces, of one list. */
export class PieceBuffer {
  readonly #into = new Uint8Array(new SharedArrayBuffer(PIECE_BYTES))

  order({ table, from }: Place, by: Count, above: number): PieceOrder {
    return { call: 'list', table, from, by, above, into: this.#into }
  }

  /** The rows of a piece that has come; they stay when the next one does. */
  rows(piece: Piece, place: Place): Row[] {
    const { rows, textBytes, shape } = piece
    if (rows === 0 || shape === undefined) return []
    const all = Buffer.from(this.#into.subarray(0, rows * ROW_BYTES))
    const texts = textsOf(Buffer.from(this.#into.subarray(ROWS * ROW_BYTES, ROWS * ROW_BYTES + textBytes)))
    return Array.from({ length: rows }, (_, i) =>
      rowOf(all.subarray(i * ROW_BYTES, (i + 1) * ROW_BYTES), place, shape, texts),
    )
  }
}
