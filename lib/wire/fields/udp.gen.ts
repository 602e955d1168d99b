// UDP, RFC 768, format: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { set16, u16 } = bytes
const { transport } = places
const { changeUdpLength, segment16 } = write

/** Bytes of the fixed part. */
export const BYTES = 8

/** UDP: source port. RFC 768, format. */
export function sourcePort(p: Bytes, at: At): number {
  return u16(p, transport(p, at))
}
/** Sets the source port. The checksum of layer 4 follows. */
export function setSourcePort(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at), value)
}

/** UDP: destination port. RFC 768, format. */
export function destinationPort(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 2)
}
/** Sets the destination port. The checksum of layer 4 follows. */
export function setDestinationPort(p: Bytes, at: At, value: number): void {
  segment16(p, at, transport(p, at) + 2, value)
}

/** UDP: length. Bytes of header and payload. RFC 768, format. */
export function length(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 4)
}
/** Sets the length. The checksum of layer 4 follows. */
export function setLength(p: Bytes, at: At, value: number): void {
  changeUdpLength(p, at, transport(p, at) + 4, value)
}

/** UDP: checksum. 0: never computed. RFC 768, format. */
export function checksum(p: Bytes, at: At): number {
  return u16(p, transport(p, at) + 6)
}
/** Sets the checksum. Written as it is. */
export function setChecksum(p: Bytes, at: At, value: number): void {
  set16(p, transport(p, at) + 6, value)
}
