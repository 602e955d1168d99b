// Ethernet, IEEE 802.3 section 3.1.1: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { set16, u16, u48 } = bytes
const { ethernet } = places
const { plain48 } = write

/** Bytes of the fixed part. */
export const BYTES = 14

/** Ethernet: destination, six bytes as one number. IEEE 802.3 section 3.1.1. */
export function destination(p: Bytes, at?: At): number {
  return u48(p, ethernet(p, at))
}
/** Sets the destination. */
export function setDestination(p: Bytes, value: number, at?: At): void {
  plain48(p, ethernet(p, at), value)
}

/** Ethernet: source, six bytes as one number. IEEE 802.3 section 3.1.1. */
export function source(p: Bytes, at?: At): number {
  return u48(p, ethernet(p, at) + 6)
}
/** Sets the source. */
export function setSource(p: Bytes, value: number, at?: At): void {
  plain48(p, ethernet(p, at) + 6, value)
}

/** Ethernet: type. EtherType: 0x0800 IPv4, 0x86dd IPv6, 0x0806 ARP, 0x8100 a VLAN tag. IEEE 802.3 section 3.1.1. */
export function type(p: Bytes, at?: At): number {
  return u16(p, ethernet(p, at) + 12)
}
/** Sets the type. */
export function setType(p: Bytes, value: number, at?: At): void {
  set16(p, ethernet(p, at) + 12, value)
}
