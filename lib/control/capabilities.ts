// Capabilities of a port: what it can do and what it got, and what DPDK knows of a device.
import type { NativePort } from '../native.js'
import type { RuleLayers } from '../steering/rules.js'
import { theArena } from './arena.js'
import type { Column } from './open/options.js'

/**
 * The abilities of a port, and what the device gave it. A program that reads these never has to ask for a backend's
 * name.
 */
export interface Capabilities {
  /** The backend's name, as before the colon of a port's name. It is for people to read. */
  readonly backend: string
  /** The kernel's or DPDK's driver, such as 'veth'; '' where there is none. */
  readonly driver: string
  /** Version of the library under the backend, such as DPDK's; '' where there is none. */
  readonly version: string
  /** How packets come: 'none' until a data plane has bound a queue. */
  readonly mode: 'none' | 'copy' | 'zero-copy'
  /** Where the XDP program runs: in the driver ('native') or behind it ('generic'). 'none' where there is none yet. */
  readonly xdp: 'none' | 'native' | 'generic'
  /**
   * Whether PASS is possible. Under generic XDP it is not, because the packets would come back. Known when a data plane
   * runs.
   */
  readonly pass: boolean
  /** 'borrowed': the backend lends its memory, so keep() and tx to other ports copy. */
  readonly frames: 'owned' | 'borrowed'
  /** 'own': the backend needs memory of its own, so every packet is copied once, and counted. */
  readonly pool: 'shared' | 'own'
  /** The kernel handles every packet too: the port sees copies, and DROP takes nothing away from the kernel. */
  readonly kernelKeeps: boolean
  /** Columns beyond offset and length that it can fill. */
  readonly columns: readonly Column[]
  /** The clock of the column `timestamp`: 'CLOCK_MONOTONIC' (that of process.hrtime()), a device's clock, or ''. */
  readonly timestampClock: string
  /** Pages under the packet memory. */
  readonly pages: '2M' | 'thp' | '4K'
  /** The longest packet that the port takes and gives, bytes, with its Ethernet header. */
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

/** The link of a device, as it is now. */
export interface Link {
  /** Whether packets can be sent and received. */
  readonly up: boolean
  /** Mbit/s; null where the device does not say. */
  readonly speedMbps: number | null
  /** Whether both ends may send at the same time. */
  readonly duplex: 'full' | 'half'
  /** How often the driver reported a change. */
  readonly changes: number
}

/** The state of a device as DPDK knows it. */
export interface DeviceDetails {
  /** DPDK's name: net_null0, 0000:03:00.0. */
  readonly device: string
  /** How packets lie in memory that DPDK uses: see the option `memory` of {@link DpdkOptions}. */
  readonly memory: 'split' | 'external' | 'own'
  /** DPDK's own memory lies on hugepages. */
  readonly hugepages: boolean
  /** Whether the device gives packets to other addresses too. */
  readonly promiscuous: boolean
  /** Only packets that flow rules name reach the port: see `capabilities.steering`. */
  readonly isolated: boolean
  /** The link, as port.link() gives it. */
  readonly link: Link
  /** Receive offloads that the device can do, by DPDK's names. */
  readonly rxOffloads: readonly string[]
  /** Transmit offloads that the device can do, by DPDK's names. */
  readonly txOffloads: readonly string[]
  /** Receive-side scaling; null where the device does none. */
  readonly rss: RssDetails | null
  /** Extended statistics, by the driver's names. */
  readonly xstats: Readonly<Record<string, number>>
  /** The last lines of DPDK's log. */
  readonly log: readonly string[]
}

/** Receive-side scaling of a device. */
export interface RssDetails {
  /** The fields that are hashed, such as 'ip,tcp,udp'. */
  fields: string
  /** The hash's key, hexadecimal digits. */
  key: string
  /** The queue of each hash; a hash takes the entry of its remainder. */
  table: readonly number[]
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
