// Captures: made and closed in the main thread, attached in workers' own, mapped by whoever reads.
import type { NativeFilter } from './rules.js'

export interface CaptureRequest {
  workers: number
  /** Of each worker's ring, a power of two. */
  ringBytes: number
  entry: boolean
  exit: boolean
  /** Bytes of a packet, at most. */
  snaplen: number
  /** One packet of so many. */
  sample: number
  /** Null: every packet. */
  filter: NativeFilter | null
}

/** What the main thread orders a worker's to do. */
export type TapOrder = { kind: 'attach'; id: number; ring: number } | { kind: 'detach'; id: number }

export interface CaptureCalls {
  /** A number, and the descriptors of its two sealed memfds, which stay the capture's. */
  open(request: CaptureRequest): { id: number; records: number; index: number }
  close(id: number): void
  /** In a worker's thread: the worker writes into that ring from its next turn on. */
  attach(to: { id: number; ring: number }): void
  /** In a worker's thread: no longer. */
  detach(id: number): void
  /** The pages of the two memfds. A write into `records` ends the process. */
  map(memory: { records: number; index: number }): { records: ArrayBuffer; index: ArrayBuffer }
}
