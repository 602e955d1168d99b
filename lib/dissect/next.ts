// What follows a header: dissectors by name, EtherType, protocol number and UDP port. Headers lie inside each other in
// any order, so their files know each other through these tables only.
import type { Found } from './found.js'
import type { Range } from './range.js'

/** Takes the fields of one header, and hands on what stands behind it. @throws END where the packet ends */
export type Dissector = (found: Found, range: Range) => void

export type Name = 'eth' | 'ip' | 'ipv6' | 'mpls' | 'nsh' | 'ppp'

const names = new Map<Name, Dissector>()
const etherTypes = new Map<number, Dissector>()
const protocols = new Map<number, Dissector>()
const ports = new Map<number, Dissector>()

/** Where a header may stand. */
interface Places {
  readonly name?: Name
  readonly etherTypes?: readonly number[]
  /** Of IPv4 and IPv6; extension headers of IPv6 are protocols like others. */
  readonly protocols?: readonly number[]
  readonly udpPorts?: readonly number[]
}

export function register(dissector: Dissector, places: Places): void {
  if (places.name) names.set(places.name, dissector)
  for (const type of places.etherTypes ?? []) etherTypes.set(type, dissector)
  for (const number of places.protocols ?? []) protocols.set(number, dissector)
  for (const port of places.udpPorts ?? []) ports.set(port, dissector)
}

/** Hands the bytes to the dissector of that name. */
export const next = (name: Name, found: Found, range: Range): void => names.get(name)?.(found, range)

/** Hands the bytes behind an EtherType to its protocol; others are left alone. */
export const etherType = (type: number, found: Found, range: Range): void =>
  etherTypes.get(type)?.(found, range)

/** The same by a protocol number. */
export const protocol = (number: number, found: Found, range: Range): void =>
  protocols.get(number)?.(found, range)

/** The same by the ports of UDP: the smaller one is asked first. */
export function udpPorts(source: number, destination: number, found: Found, range: Range): void {
  const [low, high] = source < destination ? [source, destination] : [destination, source]
  ;(ports.get(low) ?? ports.get(high))?.(found, range)
}

/** An IP packet of either version; anything else is left alone. */
export function ipOfEither(found: Found, range: Range): void {
  const version = range.u8(0) >>> 4
  if (version === 4) next('ip', found, range)
  else if (version === 6) next('ipv6', found, range)
}
