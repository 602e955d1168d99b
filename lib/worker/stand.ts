// Memory for processors outside rxburst's workers, laid out like a worker's: empty until rxburst/testing makes it
// larger.
import type { WasmMemory } from '../web-assembly.js'
import type { PortDescription } from './description.js'

const PAGE = 65536
const MIB = 1 << 20

/** Packets of a stand: one block at the beginning, the WebAssembly slice of worker 0, then the frames. */
export const STAND = {
  frameSize: 2048,
  frameCount: 512,
  framesAt: 2 * MIB,
  bytes: 3 * MIB,
} as const

interface Growable {
  grow(bytes: number): void
}

/** It grows in place, so views that were made while it was empty see all of it. Shared, as a worker's memory is. */
export const standBuffer = new (
  SharedArrayBuffer as new (
    bytes: number,
    options: object,
  ) => SharedArrayBuffer
)(0, { maxByteLength: STAND.bytes })

let wasmMemory: WebAssembly.Memory | undefined

/** What takes the place of a worker's start. */
export const stand = {
  /** A processor is tried out in this thread. */
  active: false,
  /** Ports of the processor that is tried out. */
  ports: [] as readonly PortDescription[],

  /** Makes the memory as large as it gets. */
  begin(): void {
    if (this.active) return
    ;(standBuffer as unknown as Growable).grow(STAND.bytes)
    this.active = true
  },

  /** Memory for WebAssembly programs, which can't use `standBuffer`: runInWasm() copies between the two. */
  get memory(): WasmMemory {
    const pages = STAND.bytes / PAGE
    wasmMemory ??= new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    return wasmMemory as WasmMemory
  },
}

/**
 * Calls a WebAssembly program that sees the packets and columns in its own memory, and takes over what it wrote there.
 */
export function runInWasm(program: () => unknown): void {
  const theirs = new Uint8Array((stand.memory as WebAssembly.Memory).buffer)
  const ours = new Uint8Array(standBuffer)
  const slices = [
    [0, MIB],
    [STAND.framesAt, STAND.bytes],
  ]
  for (const [from, to] of slices) theirs.set(ours.subarray(from, to), from)
  program()
  for (const [from, to] of slices) ours.set(theirs.subarray(from, to), from)
}
