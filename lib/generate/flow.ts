// What a generator sends: flows as a person types them, and the frame that carries them.
import { RxburstError } from '../errors.js'

export interface Flow {
  from?: string
  /** First and last source port: one flow for each. */
  fromPorts: [number, number]
  to: string
  toPort: number
}

/** Bytes of the headers in front of the payload: Ethernet, IPv4 without options, UDP. */
export const HEADER_BYTES = 42
/** Bytes from the frame's start to the UDP source port. */
export const SOURCE_PORT_OFFSET = 34
/** Smallest Ethernet frame, without its checksum. */
export const FRAME_MIN_BYTES = 60

const SHAPE = /^udp\s+(?:([\d.]+))?(?::(\d+)(?:-(\d+))?)?\s*>\s*([\d.]+):(\d+)$/
const DEFAULT_PORT = 1024

/**
 * Reads `udp [ADDRESS][:PORT[-PORT]] > ADDRESS:PORT`, IPv4. A range of source ports is as many flows.
 * @throws RxburstError ERR_BAD_OPTION
 */
export function parseFlow(text: string): Flow {
  const parts = SHAPE.exec(text.trim())
  if (!parts)
    throw bad(
      `a flow is written 'udp 10.77.0.1:1024-2047 > 10.77.0.2:4321' (IPv4; source optional), not '${text}'`,
    )
  const [, from, first, last, to, toPort] = parts
  for (const address of [from, to]) if (address !== undefined) addressBytes(address)
  const fromPort = first === undefined ? DEFAULT_PORT : portNumber(first)
  const lastPort = last === undefined ? fromPort : portNumber(last)
  if (lastPort < fromPort) throw bad(`the source ports ${first}-${last} run backwards`)
  return { from, fromPorts: [fromPort, lastPort], to, toPort: portNumber(toPort) }
}

export function formatFlow({ from, fromPorts: [first, last], to, toPort }: Flow): string {
  return `udp ${from ?? ''}:${first === last ? first : `${first}-${last}`} > ${to}:${toPort}`
}

/**
 * The frame of the first flow, `size` bytes from the Ethernet header on (no frame check sequence). The IPv4 header
 * checksum is right; the UDP checksum is zero, "not computed" (RFC 768), so that the source port may change freely.
 */
export function buildFrame(
  flow: Flow & { from: string },
  fromMac: string,
  toMac: string,
  size: number,
): Uint8Array {
  const frame = new Uint8Array(size)
  const view = new DataView(frame.buffer)
  frame.set(macBytes(toMac), 0)
  frame.set(macBytes(fromMac), 6)
  view.setUint16(12, 0x0800)
  frame.set([0x45, 0], 14)
  view.setUint16(16, size - 14)
  view.setUint16(20, 0x4000) // don't fragment
  frame.set([64, 17], 22) // time to live, UDP
  frame.set(addressBytes(flow.from), 26)
  frame.set(addressBytes(flow.to), 30)
  view.setUint16(24, ipChecksum(view))
  view.setUint16(SOURCE_PORT_OFFSET, flow.fromPorts[0])
  view.setUint16(36, flow.toPort)
  view.setUint16(38, size - 34)
  return frame
}

function ipChecksum(view: DataView): number {
  let sum = 0
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

export function macBytes(text: string): Uint8Array {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text))
    throw bad(`a MAC is written 02:00:00:00:00:01, not '${text}'`)
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16))
}

function addressBytes(text: string): Uint8Array {
  const bytes = text.split('.').map(Number)
  if (bytes.length !== 4 || bytes.some((byte) => !(byte <= 255)) || !/^\d+(\.\d+){3}$/.test(text))
    throw bad(`'${text}' is not an IPv4 address`)
  return Uint8Array.from(bytes)
}

function portNumber(text: string): number {
  const port = Number(text)
  if (port > 65535) throw bad(`port ${text} is over 65535`)
  return port
}

const bad = (message: string) => new RxburstError('ERR_BAD_OPTION', `--flow: ${message}`)
