// The frames under a processor that is tried out, and who holds each: the burst, alloc()'s list, the program, or
// nobody.
import { RxburstError } from '../errors.js'
import { layout } from '../layout.gen.js'
import { STAND } from '../worker/stand.js'
import { u8, u32 } from '../worker/views.js'

const { head, offsets, limits } = layout
const HEAD = offsets.head >>> 2
const FRESH = offsets.fresh >>> 2
const READY = HEAD + head.freshReady
const TAKEN = HEAD + head.freshTaken
const { frameSize, frameCount, framesAt } = STAND

type Holder = 'free' | 'offered' | 'burst' | 'program'

const holder: Holder[] = Array.from({ length: frameCount }, () => 'free')

/** Longest packet that a frame holds, bytes. */
export const FRAME_MAX = frameSize - limits.headroom

export const frameOf = (offset: number): number => Math.floor((offset - framesAt) / frameSize)

/** Where a packet in that frame begins. */
const startOf = (frame: number) => framesAt + frame * frameSize + limits.headroom

/** Whether the program may give up the packet at that place. */
export const isPrograms = (offset: number): boolean => holder[frameOf(offset)] === 'program'

/** Whether a packet lies inside one frame. */
export function isInside(offset: number, length: number): boolean {
  const from = framesAt + frameOf(offset) * frameSize
  return offset >= framesAt && offset < STAND.bytes && length >= 0 && offset + length <= from + frameSize
}

export function free(offset: number): void {
  holder[frameOf(offset)] = 'free'
}

export function give(offset: number): void {
  holder[frameOf(offset)] = 'program'
}

/** A frame that holds these bytes, for a burst; returns where they begin. */
export function take(bytes: Uint8Array): number {
  const frame = holder.indexOf('free')
  if (frame < 0)
    throw new RxburstError(
      'ERR_NO_FRAMES',
      `the processor holds all ${frameCount} frames: it keeps packets, or takes them by alloc(), and does not send or release them`,
    )
  holder[frame] = 'burst'
  const at = startOf(frame)
  u8.fill(0, at - limits.headroom, at - limits.headroom + frameSize)
  u8.set(bytes, at)
  return at
}

/** What alloc() took is the program's; its list is filled again, as a worker does between two turns. */
export function offerFresh(most: number): void {
  const ready = u32[READY]
  const taken = Math.min(u32[TAKEN], ready)
  const list = Array.from(u32.subarray(FRESH, FRESH + ready))
  for (const offset of list.splice(0, taken)) give(offset)
  for (const offset of list.splice(most)) free(offset)
  for (let frame = 0; frame < frameCount && list.length < most; frame++) {
    if (holder[frame] !== 'free') continue
    holder[frame] = 'offered'
    list.push(startOf(frame))
  }
  u32.set(list, FRESH)
  u32[READY] = list.length
  u32[TAKEN] = 0
}
