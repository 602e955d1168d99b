// Keys of flows: as a person reads and writes them, and as native/flows/key.h lays them out.
import { RxburstError } from '../errors.js'
import { formatIpv4, formatIpv6, formatMac, parseIp, parseMac } from '../wire/addresses.js'

/**
 * Fields by which packets belong to one flow. Of all but 'mac', the outer VLAN id and the receive port are part of them
 * too.
 */
export type Shape = '5tuple' | 'src' | 'dst' | 'src+dst' | 'dst+port' | 'mac'
export const SHAPES: readonly Shape[] = ['5tuple', 'src', 'dst', 'src+dst', 'dst+port', 'mac']

/** The key of a flow. Fields that its shape has not are left out. */
export interface FlowKey {
  /** Source: an IPv4 or IPv6 address, or the MAC of 'mac'. */
  readonly source?: string
  /** Destination, as `source`. */
  readonly destination?: string
  /** TCP, UDP or SCTP port. */
  readonly sourcePort?: number
  /** TCP, UDP or SCTP port. */
  readonly destinationPort?: number
  /** IPv4's protocol or IPv6's next header. */
  readonly protocol?: number
  /** Id of the outer VLAN tag; without one, none. */
  readonly vlan?: number
  /** Index of the port that the packets come from; left out with `anyPort`. */
  readonly port?: number
}

export const KEY_BYTES = 40
const PORTS = 0
const VLAN = 4
const PROTOCOL = 6
const PORT = 7
const ADDRESSES = 8
const MAC_TAIL = 0 // the last bytes of MACs stand in the place of layer-4 ports
const NO_VLAN = 0xffff
const ANY_PORT = 0xff

interface Parts {
  source: boolean
  destination: boolean
  sourcePort: boolean
  destinationPort: boolean
}

const PARTS: Record<Shape, Parts> = {
  '5tuple': { source: true, destination: true, sourcePort: true, destinationPort: true },
  src: { source: true, destination: false, sourcePort: false, destinationPort: false },
  dst: { source: false, destination: true, sourcePort: false, destinationPort: false },
  'src+dst': { source: true, destination: true, sourcePort: false, destinationPort: false },
  'dst+port': { source: false, destination: true, sourcePort: false, destinationPort: true },
  mac: { source: true, destination: true, sourcePort: false, destinationPort: false },
}

const macOf = (bytes: Uint8Array) => formatMac(bytes.reduce((sum, byte) => sum * 256 + byte, 0))

function addressesOf(shape: Shape, family: number, key: Uint8Array, view: DataView) {
  if (shape === 'mac') {
    const macs = Uint8Array.of(
      ...key.subarray(ADDRESSES, ADDRESSES + 8),
      ...key.subarray(MAC_TAIL, MAC_TAIL + 4),
    )
    return { destination: macOf(macs.subarray(0, 6)), source: macOf(macs.subarray(6)) }
  }
  const at = (i: number) => view.getUint32(ADDRESSES + 4 * i)
  if (family === 4) return { source: formatIpv4(at(0)), destination: formatIpv4(at(1)) }
  return {
    source: formatIpv6(at(0), at(1), at(2), at(3)),
    destination: formatIpv6(at(4), at(5), at(6), at(7)),
  }
}

/** The key that these bytes are. */
export function readKey(shape: Shape, family: number, key: Uint8Array): FlowKey {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  const parts = PARTS[shape]
  const { source, destination } = addressesOf(shape, family, key, view)
  const vlan = view.getUint16(VLAN, true)
  const ports = parts.destinationPort
  return {
    ...(parts.source && { source }),
    ...(parts.destination && { destination }),
    ...(parts.sourcePort && { sourcePort: view.getUint16(PORTS) }),
    ...(ports && { destinationPort: view.getUint16(PORTS + 2), protocol: key[PROTOCOL] }),
    ...(vlan !== NO_VLAN && { vlan }),
    ...(key[PORT] !== ANY_PORT && { port: key[PORT] }),
  }
}

const bad = (message: string) => new RxburstError('ERR_BAD_ARGUMENT', message)

function ipBytes(text: string): number[] {
  const address = parseIp(text)
  const words = typeof address === 'number' ? [address] : [...address]
  return words.flatMap((word) => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff))
}

const macBytes = (text: string) => {
  const mac = parseMac(text)
  return Array.from({ length: 6 }, (_, i) => Math.floor(mac / 256 ** (5 - i)) & 0xff)
}

const small = (what: string, value: number | undefined, most: number) => {
  if (Number.isInteger(value) && value! >= 0 && value! <= most) return value!
  throw bad(`the ${what} of a key is a whole number from 0 to ${most}, not ${String(value)}`)
}

/**
 * A key as native code wants it.
 * @throws ERR_BAD_ARGUMENT when it lacks a field of the shape, or has one too many; ERR_BAD_ADDRESS
 */
export function writeKey(shape: Shape, anyPort: boolean, key: FlowKey): { key: Uint8Array; family: number } {
  const parts = PARTS[shape]
  for (const [name, wanted] of Object.entries(parts)) {
    const given = key[name as keyof Parts] !== undefined
    if (given !== wanted) throw bad(`a key of shape '${shape}' has ${wanted ? '' : 'no '}${name}`)
  }
  const bytes = new Uint8Array(KEY_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint16(VLAN, key.vlan === undefined ? NO_VLAN : small('VLAN id', key.vlan, 4095), true)
  bytes[PORT] = anyPort ? ANY_PORT : small('port', key.port ?? 0, ANY_PORT - 1)
  if (shape === 'mac') {
    const macs = [...macBytes(key.destination!), ...macBytes(key.source!)]
    bytes.set(macs.slice(0, 8), ADDRESSES)
    bytes.set(macs.slice(8), MAC_TAIL)
    return { key: bytes, family: 4 }
  }
  const source = parts.source ? ipBytes(key.source!) : []
  const destination = parts.destination ? ipBytes(key.destination!) : []
  if (source.length * destination.length !== 0 && source.length !== destination.length)
    throw bad('the source and the destination of a key are of one version of IP')
  const width = Math.max(source.length, destination.length)
  bytes.set(source, ADDRESSES)
  bytes.set(destination, ADDRESSES + width)
  if (parts.sourcePort) view.setUint16(PORTS, small('source port', key.sourcePort, 0xffff))
  if (parts.destinationPort) {
    view.setUint16(PORTS + 2, small('destination port', key.destinationPort, 0xffff))
    bytes[PROTOCOL] = small('protocol', key.protocol, 0xff)
  }
  return { key: bytes, family: width === 16 ? 6 : 4 }
}
