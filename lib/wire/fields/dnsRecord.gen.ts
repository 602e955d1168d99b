// DNS resource record, behind its name, RFC 1035 section 4.1.3: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u16, u32 } = bytes
const { segment16, segment32 } = write

/** Bytes of the fixed part. */
export const BYTES = 10

/** DNS resource record, behind its name: type. RFC 1035 section 4.1.3. */
export function type(p: Bytes, _at: At, place: number): number {
  return u16(p, place)
}
/** Sets the type. The checksum of layer 4 follows. */
export function setType(p: Bytes, at: At, value: number, place: number): void {
  segment16(p, at, place, value)
}

/** DNS resource record, behind its name: record class. RFC 1035 section 4.1.3. */
export function recordClass(p: Bytes, _at: At, place: number): number {
  return u16(p, place + 2)
}
/** Sets the record class. The checksum of layer 4 follows. */
export function setRecordClass(p: Bytes, at: At, value: number, place: number): void {
  segment16(p, at, place + 2, value)
}

/** DNS resource record, behind its name: time to live. Seconds. RFC 1035 section 4.1.3. */
export function timeToLive(p: Bytes, _at: At, place: number): number {
  return u32(p, place + 4)
}
/** Sets the time to live. The checksum of layer 4 follows. */
export function setTimeToLive(p: Bytes, at: At, value: number, place: number): void {
  segment32(p, at, place + 4, value)
}

/** DNS resource record, behind its name: data length. Bytes of the data, which follow. RFC 1035 section 4.1.3. */
export function dataLength(p: Bytes, _at: At, place: number): number {
  return u16(p, place + 8)
}
/** Sets the data length. The checksum of layer 4 follows. */
export function setDataLength(p: Bytes, at: At, value: number, place: number): void {
  segment16(p, at, place + 8, value)
}
