// Where layers begin and end, for code that handles what no accessor knows: payloads above all.
import * as layout from './at.js'
import { type At, ICMP, ICMPV6, IPV4, IPV6, NETWORK, SCTP, TCP, TRANSPORT, UDP } from './at.js'
import { type Bytes, look8, look16 } from './bytes.js'

const { networkOf, transportOf } = layout

/** The byte of the packet where layer 3 begins. */
export const networkPlace = (at: At): number => networkOf(at)

/** The byte of the packet where layer 4 begins; 0 where there is none. */
export const transportPlace = (at: At): number => transportOf(at)

/** Bytes of the header of layer 4. */
function transportBytes(p: Bytes, at: At): number {
  switch (at & TRANSPORT) {
    case UDP:
    case ICMP:
    case ICMPV6:
      return 8
    case TCP:
      return (look8(p, transportOf(at) + 12) >>> 4) << 2
    case SCTP:
      return 12
    default:
      return 0
  }
}

/** The byte of the packet behind the header of layer 4: for UDP and TCP, where the program's data begin. */
export const payloadPlace = (p: Bytes, at: At): number => transportOf(at) + transportBytes(p, at)

/** How many bytes of payload the packet has, padding not counted: what the headers say, as far as it is there. */
export function payloadLength(p: Bytes, at: At): number {
  const i = networkOf(at)
  let end = p.length
  if ((at & NETWORK) === IPV4) end = Math.min(end, i + look16(p, i + 2))
  else if ((at & NETWORK) === IPV6) end = Math.min(end, i + 40 + look16(p, i + 4))
  if ((at & TRANSPORT) === UDP) end = Math.min(end, transportOf(at) + look16(p, transportOf(at) + 4))
  return Math.max(0, end - payloadPlace(p, at))
}
