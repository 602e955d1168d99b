// ARP for IPv4 over Ethernet, RFC 826, packet format: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as bytes from '../bytes.js'
import * as places from '../places.js'
import * as write from '../write.js'

const { set8, set16, set32, u8, u16, u32, u48 } = bytes
const { network } = places
const { plain48 } = write

/** Bytes of the fixed part. */
export const BYTES = 28

/** ARP for IPv4 over Ethernet: hardware type. RFC 826, packet format. */
export function hardwareType(p: Bytes, at: At): number {
  return u16(p, network(p, at))
}
/** Sets the hardware type. */
export function setHardwareType(p: Bytes, at: At, value: number): void {
  set16(p, network(p, at), value)
}

/** ARP for IPv4 over Ethernet: protocol type. RFC 826, packet format. */
export function protocolType(p: Bytes, at: At): number {
  return u16(p, network(p, at) + 2)
}
/** Sets the protocol type. */
export function setProtocolType(p: Bytes, at: At, value: number): void {
  set16(p, network(p, at) + 2, value)
}

/** ARP for IPv4 over Ethernet: hardware length. RFC 826, packet format. */
export function hardwareLength(p: Bytes, at: At): number {
  return u8(p, network(p, at) + 4)
}
/** Sets the hardware length. */
export function setHardwareLength(p: Bytes, at: At, value: number): void {
  set8(p, network(p, at) + 4, value)
}

/** ARP for IPv4 over Ethernet: protocol length. RFC 826, packet format. */
export function protocolLength(p: Bytes, at: At): number {
  return u8(p, network(p, at) + 5)
}
/** Sets the protocol length. */
export function setProtocolLength(p: Bytes, at: At, value: number): void {
  set8(p, network(p, at) + 5, value)
}

/** ARP for IPv4 over Ethernet: operation. 1 request, 2 reply. RFC 826, packet format. */
export function operation(p: Bytes, at: At): number {
  return u16(p, network(p, at) + 6)
}
/** Sets the operation. */
export function setOperation(p: Bytes, at: At, value: number): void {
  set16(p, network(p, at) + 6, value)
}

/** ARP for IPv4 over Ethernet: sender hardware, six bytes as one number. RFC 826, packet format. */
export function senderHardware(p: Bytes, at: At): number {
  return u48(p, network(p, at) + 8)
}
/** Sets the sender hardware. */
export function setSenderHardware(p: Bytes, at: At, value: number): void {
  plain48(p, network(p, at) + 8, value)
}

/** ARP for IPv4 over Ethernet: sender protocol, as a number. RFC 826, packet format. */
export function senderProtocol(p: Bytes, at: At): number {
  return u32(p, network(p, at) + 14)
}
/** Sets the sender protocol. */
export function setSenderProtocol(p: Bytes, at: At, value: number): void {
  set32(p, network(p, at) + 14, value)
}

/** ARP for IPv4 over Ethernet: target hardware, six bytes as one number. RFC 826, packet format. */
export function targetHardware(p: Bytes, at: At): number {
  return u48(p, network(p, at) + 18)
}
/** Sets the target hardware. */
export function setTargetHardware(p: Bytes, at: At, value: number): void {
  plain48(p, network(p, at) + 18, value)
}

/** ARP for IPv4 over Ethernet: target protocol, as a number. RFC 826, packet format. */
export function targetProtocol(p: Bytes, at: At): number {
  return u32(p, network(p, at) + 24)
}
/** Sets the target protocol. */
export function setTargetProtocol(p: Bytes, at: At, value: number): void {
  set32(p, network(p, at) + 24, value)
}
