// The arena on the main thread: one shared WebAssembly.Memory, made at the first open().

import { checkInteger, checkKeys, RxburstError } from '../errors.js'
import { PluginSocket } from '../grant/plugin-socket.js'
import { type ArenaInfo, layout, native } from '../native.js'
import type { WasmMemory } from '../web-assembly.js'
import { start } from '../worker/views.js'

/** The size of packet memory: options of {@link configureArena}. */
export interface ArenaOptions {
  /**
   * Frames for all ports together, 256 to 1048576. One frame holds one packet, or one segment of a long one. Default
   * 16384.
   */
  frames?: number | undefined
  /** Bytes per frame: 2048 (MTU up to 1774 on AF_XDP) or 4096. Default 2048. */
  frameSize?: 2048 | 4096 | undefined
  /**
   * Whether to try hugepages: 2 MiB pages first, then transparent ones, then pages of 4 KiB. `port.capabilities.pages`
   * says which it got. Default true.
   */
  hugepages?: boolean | undefined
}

export interface Arena extends ArenaInfo {
  memory: WasmMemory
}

const WASM_PAGE = 65536
const HUGE_PAGE = 2 << 20
// Room behind the frames for rings whose memory the kernel owns (TPACKET_V3). Address space only, until it is used.
const SPARE = 128 << 20

let wanted: Required<ArenaOptions> = { frames: 16384, frameSize: 2048, hugepages: true }
let configured = false
let arena: Arena | undefined

/**
 * Sets the size of packet memory. Call it before the first open().
 * @throws ERR_BAD_OPTION for an unknown key or a value out of range, ERR_ARENA_EXISTS after the first open()
 * @example
 * ```ts
 * import { configureArena, open } from 'rxburst'
 *
 * configureArena({ frames: 65536, frameSize: 4096 })
 * await using port = await open('loop:a')
 * console.log(port.capabilities.frameMax)
 * ```
 */
export function configureArena(options: ArenaOptions): void {
  checkKeys('configureArena()', options, ['frames', 'frameSize', 'hugepages'])
  if (arena)
    throw new RxburstError(
      'ERR_ARENA_EXISTS',
      `the arena has ${arena.frameCount} frames of ${arena.frameSize} bytes already: call configureArena() before the first open()`,
    )
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const next: Required<ArenaOptions> = { ...wanted, ...Object.fromEntries(given) }
  checkInteger('frames', next.frames, 256, layout.limits.framesMax)
  if (next.frameSize !== 2048 && next.frameSize !== 4096)
    throw new RxburstError('ERR_BAD_OPTION', `frameSize is 2048 or 4096, not ${String(next.frameSize)}`)
  wanted = next
  configured = true
}

const roundUp = (value: number, to: number) => Math.ceil(value / to) * to

function bytesFor({ frames, frameSize }: Required<ArenaOptions>): number {
  const { wasmFirstSlice, wasmSliceBytes, workersMax, slotsMax } = layout.limits
  const blocks = workersMax * (layout.offsets.slot + slotsMax * layout.offsets.slotBytes + 4096)
  // One hugepage more than needed: V8 aligns a memory to 64 KiB only.
  const low = wasmFirstSlice + workersMax * wasmSliceBytes + HUGE_PAGE
  return roundUp(low + roundUp(blocks, HUGE_PAGE) + roundUp(frames * frameSize, HUGE_PAGE) + SPARE, WASM_PAGE)
}

function reserve(pages: number): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  } catch (cause) {
    throw new RxburstError(
      'ERR_NO_MEMORY',
      `there are no addresses for ${Math.ceil((pages * WASM_PAGE) / 2 ** 20)} MiB of packet memory: ${(cause as Error).message}. \`ulimit -v\` shows the limit. Or ask for fewer frames: configureArena({ frames }), --frames.`,
      { cause },
    )
  }
}

/**
 * The arena, made now if it isn't there yet.
 * @throws ERR_ARENA_EXISTS in any other thread than the one that made it
 */
export function theArena(): Arena {
  if (arena) return arena
  if (!configured && PluginSocket.inherited)
    wanted.frames = Math.min(wanted.frames, PluginSocket.inherited.framesThatFit(wanted.frameSize))
  if (native.arena.isTaken())
    throw new RxburstError(
      'ERR_ARENA_EXISTS',
      `a process has one arena, and it belongs to the thread that opened the first port: ${start ? 'a processor is given its ports by run()' : 'call open() and run() in that thread'}`,
    )
  const pages = bytesFor(wanted) / WASM_PAGE
  if (pages > 65536)
    throw new RxburstError(
      'ERR_LIMIT',
      `${wanted.frames} frames of ${wanted.frameSize} bytes are more than 4 GiB`,
    )
  const memory = reserve(pages)
  const info = native.arena.create({ ...wanted, memory: new Uint8Array(memory.buffer) })
  arena = { ...info, memory }
  return arena
}
