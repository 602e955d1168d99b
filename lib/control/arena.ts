// The arena on the main thread: one shared WebAssembly.Memory, made at the first open().

import { RxburstError } from '../errors.js'
import { PluginSocket } from '../grant/plugin-socket.js'
import { layout, native } from '../native.js'
import { start } from '../worker/views.js'
import { type Arena, type ArenaOptions, size } from './arena-size.js'

const WASM_PAGE = 65536
const HUGE_PAGE = 2 << 20
// Room behind the frames for rings whose memory the kernel owns (TPACKET_V3). Address space only, until it is used.
const SPARE = 128 << 20

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
      `addresses for ${Math.ceil((pages * WASM_PAGE) / 2 ** 20)} MiB of packet memory can't be had: ${(cause as Error).message}. \`ulimit -v\` shows the limit; else ask for fewer frames: configureArena({ frames }), --frames.`,
      { cause },
    )
  }
}

/**
 * The arena, made now if it isn't there yet.
 * @throws ERR_ARENA_EXISTS in any other thread than the one that made it
 */
export function theArena(): Arena {
  if (size.made) return size.made
  const { wanted, configured } = size
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
  size.made = { ...info, memory }
  return size.made
}
