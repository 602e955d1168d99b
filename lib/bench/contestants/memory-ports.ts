// Processes for a match over ports that cost nothing: one for each contestant, so that they can be alive side by side,
// and all of them on hugepages or none, for the one with hugepages would win by them: testpmd's MAC swap is three times
// as fast there as on 4 KiB pages.

import type { OpenPorts } from '../children/plane.js'
import type { Place } from '../children/process.js'
import { hugepagesHere } from '../environment/hugepages.js'
import { Testpmd } from '../peers/testpmd.js'
import { closeAll } from './backends.js'
import { Missing } from './contestant.js'
import { PlaneHost } from './ours.js'

/** Those that are alive at once, at most. */
export interface Crew {
  hosts: number
  testpmds: number
  /** Frames of each host; by default enough for two ports. */
  frames?: number
  frameSize?: OpenPorts['frameSize']
}

/** Ports over net_null: how many, and what they are opened with. */
export interface Nulls {
  ports: number
  /** Bytes of a packet; net_null's own default is 64. */
  size?: number
}

/** For EAL: memory enough; what isn't used is address space only. */
const WITHOUT_HUGEPAGES = '--no-huge -m 256'
const FRAMES = 8192
const PAGE_BYTES = 2 << 20
/** Hugepages besides a host's frames: the arena's own, DPDK's headers, its rings for eight ports. */
const HOST_PAGES = 8
/** Of a testpmd with 16384 buffers. */
const TESTPMD_PAGES = 32

export const hugepagesOf = ({ hosts, testpmds, frames = FRAMES, frameSize = 2048 }: Crew): number =>
  hosts * (Math.ceil((frames * frameSize) / PAGE_BYTES) + HOST_PAGES) + testpmds * TESTPMD_PAGES

/**
 * Why testpmd takes no part, and what mends it, when there are too few. Ours does without: the kernel gives it
 * transparent ones, if any.
 */
export function tooFew(
  wanted: number,
  { total, free }: { total: number; free: number },
): Missing | undefined {
  if (free >= wanted) return undefined
  return new Missing(
    `too few hugepages for all that are alive at once: ${free} are free, ${wanted} wanted; testpmd can't do without and be compared`,
    `sysctl -w vm.nr_hugepages=${total - free + wanted}`,
  )
}

export class MemoryPorts {
  /** What a reader of the figures should know. */
  readonly notes: string[]
  readonly #tooFew: Missing | undefined
  readonly #crew: Crew
  readonly #made: { close(): Promise<void> }[] = []

  constructor(crew: Crew) {
    this.#crew = crew
    this.#tooFew = tooFew(hugepagesOf(crew), hugepagesHere())
    this.notes = this.#tooFew ? [`ours runs without hugepages; ${this.#tooFew.install} mends that`] : []
  }

  /** A process of ours with some ports. */
  host(ports: OpenPorts['ports'], place?: () => Place): PlaneHost {
    const { frames = FRAMES, frameSize } = this.#crew
    const host = new PlaneHost({ ports, frames, frameSize, hugepages: !this.#tooFew }, false, place)
    this.#made.push(host)
    return host
  }

  /** A process of ours. */
  nullHost(nulls: Nulls, place?: () => Place): PlaneHost {
    const options = {
      ...(this.#tooFew ? { eal: WITHOUT_HUGEPAGES } : {}),
      ...(nulls.size ? { mtu: Math.max(1500, nulls.size) } : {}),
    }
    return this.host(
      devices(nulls).map((name) => ({ name: `dpdk:${name}`, options })),
      place,
    )
  }

  testpmd(nulls: Nulls, options: { more?: readonly string[]; cpus?: readonly number[] } = {}): Testpmd {
    const testpmd = new Testpmd(devices(nulls), { ...options, keep: false, absent: this.#tooFew })
    this.#made.push(testpmd)
    return testpmd
  }

  close(): Promise<void> {
    return closeAll(this.#made)
  }
}

const devices = ({ ports, size }: Nulls) =>
  Array.from({ length: ports }, (_, i) => `net_null${i}${size ? `,size=${size}` : ''}`)
