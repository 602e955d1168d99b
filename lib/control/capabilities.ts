// Capabilities of a port: what it can do and what it got, and what DPDK knows of a device.
import type { NativePort } from '../native.js'
import type { RuleLayers } from '../steering/rules.js'
import { theArena } from './arena.js'
import type { Column } from './options.js'

/** What a port can do and what it got; nothing in a program need look at a backend's name. */
export interface Capabilities {
  readonly backend: string
  /** The kernel's or DPDK's driver, when there is one. */
  readonly driver: string
  /** Version of the library under the backend, when it matters. */
  readonly version: string
  /** How packets come: 'none' until a data plane has bound a queue. */
  readonly mode: 'none' | 'copy' | 'zero-copy'
  readonly xdp: 'none' | 'native' | 'generic'
  /** PASS is possible. Under generic XDP it is not: the packets would come back. Known when a data plane runs. */
  readonly pass: boolean
  /** 'borrowed': the backend lends its memory, so keep() and tx to other ports copy. */
  readonly frames: 'owned' | 'borrowed'
  /** 'own': the backend needs memory of its own, so every packet is copied once, and counted. */
  readonly pool: 'shared' | 'own'
  /** The kernel handles every packet too: the port sees copies, and DROP takes nothing away from the kernel. */
  readonly kernelKeeps: boolean
  /** Columns beyond offset and length that it can fill. */
  readonly columns: readonly Column[]
  /** Whose nanoseconds the column `timestamp` holds: 'CLOCK_MONOTONIC' (as process.hrtime()), a device's clock, or ''. */
  readonly timestampClock: string
  /** Pages under the packet memory. */
  readonly pages: '2M' | 'thp' | '4K'
  /** Longest packet, bytes. */
  readonly frameMax: number
  /** Most segments of one packet: 1 unless opened with `segments: true`. */
  readonly segments: number
  /** Queues that the device has. */
  readonly queueCount: number
  /** Names of what can be lost below the program. */
  readonly losses: readonly string[]
  /** Which layer executes which part of the rules; empty: there are none. */
  readonly steering: readonly RuleLayers[]
}

export interface Link {
  readonly up: boolean
  /** Mbit/s; null where the device does not say. */
  readonly speedMbps: number | null
  readonly duplex: 'full' | 'half'
  /** How often the driver reported a change. */
  readonly changes: number
}

/** What DPDK knows of a device. */
export interface DeviceDetails {
  /** DPDK's name: net_null0, 0000:03:00.0. */
  readonly device: string
  /** How packets lie in memory that DPDK uses: see docs/dpdk.md. */
  readonly memory: 'split' | 'external' | 'own'
  /** DPDK's own memory lies on hugepages. */
  readonly hugepages: boolean
  readonly promiscuous: boolean
  /** Nothing reaches the port but what flow rules say: see `capabilities.steering`. */
  readonly isolated: boolean
  readonly link: Link
  /** Offloads the device can do, by DPDK's names. */
  readonly rxOffloads: readonly string[]
  readonly txOffloads: readonly string[]
  /** Null where the device does no receive-side scaling. Key in hexadecimal; table: a queue for each hash. */
  readonly rss: { fields: string; key: string; table: readonly number[] } | null
  /** Extended statistics, by the driver's names. */
  readonly xstats: Readonly<Record<string, number>>
  /** The last lines of DPDK's log. */
  readonly log: readonly string[]
}

/** Out of what native code says of a port now. */
export const capabilitiesOf = (info: NativePort, steering: readonly RuleLayers[]): Capabilities => ({
  backend: info.backend,
  driver: info.driver,
  version: info.version,
  mode: info.mode,
  xdp: info.xdp,
  pass: info.canPass,
  frames: info.borrowed ? 'borrowed' : 'owned',
  pool: info.ownPool ? 'own' : 'shared',
  kernelKeeps: info.kernelKeeps,
  columns: info.columns as Column[],
  timestampClock: info.timestampClock,
  pages: theArena().pages,
  frameMax: info.frameMax,
  segments: info.segments,
  queueCount: info.queueCount,
  losses: info.losses,
  steering,
})
