// The options of a capture: checked, with their defaults.
import { checkInteger, checkKeys, RxburstError } from '../errors.js'
import { type NativeFilter, native } from '../native.js'

/**
 * Where packets are captured: as they were received, before any table of flows, or as they leave, with their verdict.
 */
export type CapturePoint = 'entry' | 'exit'

/** A stream to write into, such as a Writable of node:stream. */
export interface CaptureStream {
  /** Takes bytes, and calls back when it has done with them. */
  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean
  /** No more bytes come. */
  end(): unknown
  /** Tells of 'error' and 'close'. */
  once(event: string, listener: (...given: never[]) => void): unknown
}

/** The options of plane.capture(). */
export interface CaptureOptions {
  /** Packets to capture, in tcpdump's language. It is asked at each point, about the bytes there. Default: all. */
  filter?: string | undefined
  /** Bytes of each packet, at most, 1 to 65535. Default 65535. */
  snaplen?: number | undefined
  /** Default: both. */
  points?: readonly CapturePoint[] | undefined
  /** Capture one packet of so many; a packet that is captured at entry is at exit too. Default 1. */
  sample?: number | undefined
  /**
   * A file: pcap where its name ends in .pcap, else pcapng; compressed where .gz or .zst follows. Or a stream, which
   * gets pcapng. Default: none, and the packets are read from the capture itself (`for await`).
   */
  to?: string | CaptureStream | undefined
  /** End after that many packets, over all points. Default: none. */
  count?: number | undefined
  /** Begin the next file after that many bytes; `to` is a name then. Default: one file. */
  rotateBytes?: number | undefined
  /** Keep the last files only, so many. Default: all. */
  files?: number | undefined
  /** Bytes of the ring between a worker and the reader, a power of two, 262144 to 1073741824. Default 16777216. */
  ringBytes?: number | undefined
  /** Aborting it ends the capture, and the file is whole. Default: none. */
  signal?: AbortSignal | undefined
}

/** Those that the data plane itself needs to know. */
export interface TapOptions {
  filter: string
  snaplen: number
  points: readonly CapturePoint[]
  sample: number
  ringBytes: number
}

export interface CheckedCaptureOptions extends TapOptions {
  to: string | CaptureStream | undefined
  count: number | undefined
  rotateBytes: number | undefined
  files: number | undefined
  signal: AbortSignal | undefined
}

const TAP_KEYS = ['filter', 'snaplen', 'points', 'sample', 'ringBytes']
const KEYS = [...TAP_KEYS, 'to', 'count', 'rotateBytes', 'files', 'signal']
const POINTS: readonly string[] = ['entry', 'exit']
const RING_LEAST = 1 << 18
const RING_MOST = 1 << 30
const ROTATE_LEAST = 4096

const bad = (message: string) => new RxburstError('ERR_BAD_OPTION', message)

/**
 * The options of the tap; others may stand beside them.
 * @throws ERR_BAD_OPTION, ERR_STEER for a filter that can't be used
 */
export function checkTapOptions(given: Readonly<Record<string, unknown>>): TapOptions {
  const { filter = '', snaplen = 65535, sample = 1, ringBytes = 1 << 24 } = given
  const points = given.points ?? POINTS
  if (typeof filter !== 'string')
    throw bad(`filter is a text in tcpdump's language, not of type ${typeof filter}`)
  const numbers = {
    snaplen: checkInteger('snaplen', snaplen, 1, 65535),
    sample: checkInteger('sample', sample, 1, 2 ** 32 - 1),
    ringBytes: checkInteger('ringBytes', ringBytes, RING_LEAST, RING_MOST),
  }
  if (!Number.isInteger(Math.log2(numbers.ringBytes)))
    throw bad(`ringBytes is a power of two, not ${numbers.ringBytes}`)
  if (!Array.isArray(points) || points.length === 0) throw bad("points is a list of 'entry' and 'exit'")
  for (const point of points)
    if (!POINTS.includes(point)) throw bad(`a point is 'entry' or 'exit', not '${String(point)}'`)
  compile(filter)
  return { filter, ...numbers, points: [...new Set(points as CapturePoint[])] }
}

/** The filter in native code's hands; null: every packet. */
export const compile = (filter: string): NativeFilter | null =>
  filter === '' ? null : native.rules.compile(filter)

/** @throws ERR_BAD_OPTION, ERR_STEER */
export function checkCaptureOptions(given: CaptureOptions): CheckedCaptureOptions {
  checkKeys('capture()', given, KEYS)
  const { to, count, rotateBytes, files, signal } = given
  const tap = checkTapOptions(given as Record<string, unknown>)
  if (count !== undefined) checkInteger('count', count, 1, Number.MAX_SAFE_INTEGER)
  if (rotateBytes !== undefined)
    checkInteger('rotateBytes', rotateBytes, ROTATE_LEAST, Number.MAX_SAFE_INTEGER)
  if (files !== undefined) checkInteger('files', files, 1, 1_000_000)
  if (to !== undefined && typeof to !== 'string' && typeof to?.write !== 'function')
    throw bad('to is the name of a file, or a stream to write into')
  if (rotateBytes !== undefined && (typeof to !== 'string' || to === '-'))
    throw bad('rotateBytes wants the name of a file: a stream is one file')
  if (files !== undefined && rotateBytes === undefined)
    throw bad('files says how many are kept when rotateBytes begins new ones: give that too')
  return { ...tap, to, count, rotateBytes, files, signal }
}
