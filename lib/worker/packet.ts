// One packet: reads and writes of its bytes, in network byte order, without an object per packet.
import { RxburstError } from '../errors.js'
import { arenaBuffer, start, u8, view } from './views.js'

const debug = start?.debug ?? false
const memory = u8 // see memory.ts
const network = view

function outside(what: string, at: number, length: number): 0 {
  if (debug)
    throw new RxburstError(
      'ERR_OUTSIDE_FRAME',
      `${what} at byte ${at} of a packet of ${length} bytes: outside the packet`,
    )
  return 0
}

/**
 * Bytes of one packet. A read behind its end gives 0, and a write there does nothing, so that a short packet from the
 * network can't stop a program. In debug mode both throw ERR_OUTSIDE_FRAME.
 */
export abstract class PacketBytes {
  /** Where its first byte lies in the arena's memory. */
  abstract readonly offset: number
  /** Bytes, without the frame check sequence. */
  abstract readonly length: number

  /** Reads, or with a second argument writes, one byte. */
  u8(at: number, value?: number): number {
    if (at >>> 0 >= this.length) return outside('u8', at, this.length)
    const i = this.offset + at
    if (value === undefined) return memory[i]
    memory[i] = value
    return value
  }

  /** Reads, or with a second argument writes, 16 bits in network byte order. */
  u16(at: number, value?: number): number {
    if ((at >>> 0) + 2 > this.length) return outside('u16', at, this.length)
    const i = this.offset + at
    if (value === undefined) return network.getUint16(i)
    network.setUint16(i, value)
    return value
  }

  /** Reads, or with a second argument writes, 32 bits in network byte order, unsigned. */
  u32(at: number, value?: number): number {
    if ((at >>> 0) + 4 > this.length) return outside('u32', at, this.length)
    const i = this.offset + at
    if (value === undefined) return network.getUint32(i)
    network.setUint32(i, value)
    return value
  }

  /** The packet's bytes without a copy, for synchronous use: later they are another packet's. */
  view(): Uint8Array {
    return new Uint8Array(arenaBuffer, this.offset, this.length)
  }

  /** The packet's bytes, copied: yours for as long as you like. */
  copy(): Uint8Array {
    return memory.slice(this.offset, this.offset + this.length)
  }

  /** Writes `bytes` into the packet from byte `at` on; what does not fit is left out, or throws in debug mode. */
  set(bytes: ArrayLike<number>, at = 0): void {
    const room = this.length - at
    if (at < 0 || bytes.length > room) outside('set', at < 0 ? at : at + bytes.length - 1, this.length)
    for (let i = 0; i < bytes.length && i < room; i++) memory[this.offset + at + i] = bytes[i]
  }
}
