// The size of packet memory, until the first open() makes the arena. It is apart from arena.ts because `import 'rxburst'` loads it.
import { checkInteger, checkKeys, RxburstError } from '../errors.js'
import { type ArenaInfo, layout } from '../native.js'
import type { WasmMemory } from '../web-assembly.js'

/** The size of packet memory: options of {@link configureArena}. */
export interface ArenaOptions {
  /** Frames for all ports together, 256 to 1048576. One frame holds one packet, or one segment of a long one. Default 16384. */
  frames?: number | undefined
  /** Bytes per frame: 2048 (MTU up to 1774 on AF_XDP) or 4096. Default 2048. */
  frameSize?: 2048 | 4096 | undefined
  /**
   * Whether to try hugepages: 2 MiB pages first, then transparent ones, then pages of 4 KiB. `port.capabilities.pages` says which
   * it got. Default true.
   */
  hugepages?: boolean | undefined
}

export interface Arena extends ArenaInfo {
  memory: WasmMemory
}

/** What configureArena() has set, and the arena once it is made. */
export const size = {
  wanted: { frames: 16384, frameSize: 2048, hugepages: true } as Required<ArenaOptions>,
  configured: false,
  made: undefined as Arena | undefined,
}

/** The arena that the first open() has made. */
export const madeArena = (): Arena => size.made!

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
  const { made, wanted } = size
  if (made)
    throw new RxburstError(
      'ERR_ARENA_EXISTS',
      `the arena has ${made.frameCount} frames of ${made.frameSize} bytes already: call configureArena() before the first open()`,
    )
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const next: Required<ArenaOptions> = { ...wanted, ...Object.fromEntries(given) }
  checkInteger('frames', next.frames, 256, layout.limits.framesMax)
  if (next.frameSize !== 2048 && next.frameSize !== 4096)
    throw new RxburstError('ERR_BAD_OPTION', `frameSize is 2048 or 4096, not ${String(next.frameSize)}`)
  size.wanted = next
  size.configured = true
}
