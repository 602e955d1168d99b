// MTU option, RFC 4861 section 4.6.4: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as write from '../write.js'

const { u32 } = bytes
const { segment32 } = write

/** Bytes of the fixed part. */
export const BYTES = 8

/** MTU option: mtu. RFC 4861 section 4.6.4. */
export function mtu(p: Bytes, _at: At, place: number): number {
  return u32(p, place + 4)
}
/** Sets the mtu. The checksum of layer 4 follows. */
export function setMtu(p: Bytes, at: At, value: number, place: number): void {
  segment32(p, at, place + 4, value)
}
