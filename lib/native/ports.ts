// The life of a port, for the control thread: opened, attached, lost and back, closed.
import type { NativeRule } from './rules.js'

export interface NativePort {
  name: string
  backend: string
  driver: string
  version: string
  mtu: number
  queueCount: number
  frameMax: number
  segments: number
  /** Frames that a queue wants of its worker's pool. */
  framesPerQueue: number
  mode: 'none' | 'copy' | 'zero-copy'
  xdp: 'none' | 'native' | 'generic'
  canPass: boolean
  borrowed: boolean
  ownPool: boolean
  kernelKeeps: boolean
  /** It sits on an interface of the kernel's, which it may lose. */
  onInterface: boolean
  /** It can attach again to an interface that was lost. */
  rebinds: boolean
  /** What executes rules in software: 'xdp', 'socket filter', 'libpcap'; '' where the port can't filter. */
  filteredBy: string
  /** Interface whose own receive queues these are, or ''. */
  nic: string
  mac?: Uint8Array
  queues: number[]
  columns: string[]
  timestampClock: string
  losses: string[]
}

/** Descriptors from a process with privilege; -1: there is none. */
export interface Handed {
  xskmap: number
  /** Of the rules. */
  counters: number
  /** The broker's socket. */
  broker: number
}

export interface PortCalls {
  open(wanted: {
    name: string
    /** Null: all of them. */
    queues: number[] | null
    options: { key: string; value: string }[]
    takeAll: boolean
    rules: readonly NativeRule[]
    handed: Handed | null
  }): number
  info(id: number): NativePort | null
  /** JSON; null where the backend has no more to say. */
  describe(question: { port: number; linkOnly: boolean }): string | null
  close(id: number): void
  attach(id: number): void
  detach(id: number): void
  /** Why the port is cut off from its interface, and whether waiting would be in vain; null: it is not. */
  loss(id: number): { why: string; forGood: boolean } | null
  /** Has its workers close its queues when they are asked next, and lets no packets in. */
  lose(id: number): void
  /** '', or why a lost port can't be tied to an interface of its name yet. */
  reopen(id: number): string
  /** A rule of the NIC for one flow. `call`: 1 makes it, 2 counts, 3 takes it away. `mark` -1: it drops. */
  nicFlow(wanted: { port: number; call: number; match: string; mark: number; place: number }): {
    place: number
    packets: number
    bytes: number
  }
  /** '', or why no packets can be let in. */
  reattach(id: number): string
}
