// A part of a packet that a header may read: the bytes that were captured, and how many there were on the wire.
import { END } from './found.js'

export class Range {
  readonly bytes: Uint8Array
  readonly from: number
  /** Behind the last byte that is there. */
  readonly to: number
  /** Behind the last byte that was on the wire. */
  readonly end: number

  constructor(bytes: Uint8Array, from: number, to: number, end: number) {
    this.bytes = bytes
    this.from = from
    this.to = to
    this.end = end
  }

  /** Bytes on the wire. */
  get length(): number {
    return this.end - this.from
  }

  /** Bytes that are there. */
  get captured(): number {
    return Math.max(0, this.to - this.from)
  }

  /** @throws END unless these bytes are there */
  need(at: number, bytes: number): void {
    if (this.from + at + bytes > this.to) throw END
  }

  u8(at: number): number {
    this.need(at, 1)
    return this.bytes[this.from + at]
  }

  u16(at: number): number {
    this.need(at, 2)
    const i = this.from + at
    return (this.bytes[i] << 8) | this.bytes[i + 1]
  }

  u32(at: number): number {
    return this.u16(at) * 65536 + this.u16(at + 2)
  }

  /** A number of up to 40 bits anywhere in the range. */
  bits(bit: number, width: number): number {
    const first = bit >>> 3
    const last = (bit + width - 1) >>> 3
    this.need(first, last - first + 1)
    let value = 0
    for (let i = first; i <= last; i++) value = value * 256 + this.bytes[this.from + i]
    const below = (last + 1) * 8 - bit - width
    return Math.floor(value / 2 ** below) % 2 ** width
  }

  view(at: number, bytes: number): Uint8Array {
    this.need(at, bytes)
    return this.bytes.subarray(this.from + at, this.from + at + bytes)
  }

  /** All but the first `at` bytes. */
  after(at: number): Range {
    if (at > this.length) throw END
    return new Range(this.bytes, this.from + at, this.to, this.end)
  }

  /** The first `bytes` of it, or all where there are fewer. */
  clip(bytes: number): Range {
    const end = Math.min(this.end, this.from + bytes)
    return new Range(this.bytes, this.from, Math.min(this.to, end), end)
  }
}
