// CRC32c, SCTP's checksum (RFC 9260 appendix A), by a table of 256 entries.
import { type Bytes, look8 } from '../bytes.js'

const REFLECTED = 0x82f63b78 // 0x1edc6f41, bit by bit the other way round
const table = new Uint32Array(256)
for (let n = 0; n < 256; n++) {
  let value = n
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ REFLECTED : value >>> 1
  table[n] = value
}

/** Over bytes `from` to `end`; the four from `hole` on count as zeros. In the byte order of the wire. */
export function crc32c(p: Bytes, from: number, end: number, hole: number): number {
  let crc = 0xffffffff
  for (let i = from; i < end; i++) {
    const byte = i >= hole && i < hole + 4 ? 0 : look8(p, i)
    crc = (crc >>> 8) ^ table[(crc ^ byte) & 255]
  }
  crc = ~crc
  return ((crc << 24) | ((crc & 0xff00) << 8) | ((crc >>> 8) & 0xff00) | (crc >>> 24)) >>> 0
}
