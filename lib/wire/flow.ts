// What tells the flow of a packet from other ones, beside its addresses: the protocol and both ports, in one read each.
import type { At } from './at.js'
import * as layout from './at.js'
import type { Bytes } from './bytes.js'
import * as bytes from './bytes.js'
import * as places from './places.js'

const { SCTP, TCP, TRANSPORT, UDP } = layout
const { u32 } = bytes
const { transport } = places

const SHIFT = 18 // of the kind of layer 4 in the number
const WITH_PORTS = (1 << (UDP >>> SHIFT)) | (1 << (TCP >>> SHIFT)) | (1 << (SCTP >>> SHIFT))

/**
 * Both ports of UDP, TCP or SCTP as one number of 32 bits: `sourcePort * 65536 + destinationPort`. 0 where layer 4 has
 * no ports. Tables of flows compare them at once.
 */
export const ports = (p: Bytes, at: At): number =>
  ((WITH_PORTS >>> ((at & TRANSPORT) >>> SHIFT)) & 1) === 1 ? u32(p, transport(p, at)) : 0
