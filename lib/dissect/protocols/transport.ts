// Layer 4: UDP, TCP with its options, SCTP; and what a port leads to.

import { emit, emitBut } from '../emit.js'
import { END, type Found } from '../found.js'
import { register, udpPorts } from '../next.js'
import type { Range } from '../range.js'
import { dns } from './dns.js'

function udp(found: Found, range: Range): void {
  found.layer('udp', range.from)
  range.need(0, 4)
  emit(found, 'udp', range, 0, ['sourcePort', 'destinationPort', 'length'])
  const length = range.u16(4)
  // Only a jumbogram may leave the length to IP (RFC 2675 section 4).
  if (length < 8 && !(length === 0 && found.addresses[0].includes(':'))) return
  emit(found, 'udp', range, 0, ['checksum'])
  const rest = (length === 0 ? range : range.clip(length)).after(8)
  behindPorts(found, range, rest)
}

/** RFC 3828: the length is how much the checksum covers. */
function udpLite(found: Found, range: Range): void {
  found.layer('udplite', range.from)
  emitBut(found, 'udp', range, 0, ['length'])
  behindPorts(found, range, range.after(8))
}

function behindPorts(found: Found, range: Range, rest: Range): void {
  if (rest.captured === 0) return
  udpPorts(range.u16(0), range.u16(2), found, rest)
}

const PORTS = ['sourcePort', 'destinationPort']
const TCP_MIN = 20

function tcp(found: Found, range: Range): void {
  found.layer('tcp', range.from)
  range.need(0, 4)
  emit(found, 'tcp', range, 0, PORTS)
  const header = (range.u8(12) >>> 4) * 4
  if (header < TCP_MIN) {
    emit(found, 'tcp', range, 0, ['sequenceNumber', 'dataOffset'])
    return
  }
  emitBut(found, 'tcp', range, 0, PORTS)
  const base = firstNumber(found, range)
  if (header > TCP_MIN) tcpOptions(found, range, header, base)
  const rest = range.after(header)
  const [source, destination] = [range.u16(0), range.u16(2)]
  if ((source === 53 || destination === 53) && rest.captured > 2 && !found.quoted) dnsOverTcp(found, rest)
}

/** RFC 1035 section 4.2.2: two bytes of length in front of each message. */
function dnsOverTcp(found: Found, range: Range): void {
  for (let at = 0; range.captured - at > 2; ) {
    const length = range.u16(at)
    if (length === 0 || range.captured - at - 2 < length) return
    dns(found, range.after(at + 2).clip(length))
    at += 2 + length
  }
}

const MAXIMUM_SEGMENT_SIZE = 2
const WINDOW_SCALE = 3
const SELECTIVE_ACKNOWLEDGMENT = 5
const TIMESTAMPS = 8

function tcpOptions(found: Found, range: Range, header: number, base: number): void {
  for (let at = TCP_MIN; at < header; ) {
    const kind = range.u8(at)
    if (kind <= 1) {
      emit(found, 'tcpOption', range, at++, ['kind'])
      if (kind === 0 && at < header && range.u8(at) !== 0) return // each byte of padding counts as an end
      continue
    }
    if (at + 1 >= header) return
    const length = range.u8(at + 1)
    if (length < 2 || at + length > header) return
    emit(found, 'tcpOption', range, at)
    if (kind === MAXIMUM_SEGMENT_SIZE && length === 4) emit(found, 'maximumSegmentSize', range, at)
    else if (kind === WINDOW_SCALE && length === 3) emit(found, 'windowScale', range, at)
    else if (kind === TIMESTAMPS && length === 10) emit(found, 'timestamps', range, at)
    else if (kind === SELECTIVE_ACKNOWLEDGMENT) edges(found, range, at, length, base)
    at += length
  }
}

/** The number from which the receiver's edges count: its connection's first one, or 0. */
function firstNumber(found: Found, range: Range): number {
  if (!found.conversations || found.quoted) return 0
  const [source, destination] = found.addresses
  return found.conversations.see({
    source: `${source} ${range.u16(0)}`,
    destination: `${destination} ${range.u16(2)}`,
    sequence: range.u32(4),
    acknowledgment: range.u32(8),
    flags: range.u8(13),
  })
}

/** Edges of blocks. Wireshark gives up a packet whose last block lacks its right edge. */
function edges(found: Found, range: Range, at: number, length: number, base: number): void {
  for (let edge = 2; edge + 4 <= length; edge += 8) {
    found.put('tcp.options.sack_le', (range.u32(at + edge) - base) >>> 0)
    if (edge + 8 <= length) found.put('tcp.options.sack_re', (range.u32(at + edge + 4) - base) >>> 0)
  }
  if (length === 2 || (length - 2) % 8 !== 0) throw END
}

function sctp(found: Found, range: Range): void {
  found.layer('sctp', range.from)
  emit(found, 'sctp', range)
}

register(tcp, { protocols: [6] })
register(udp, { protocols: [17] })
register(sctp, { protocols: [132] })
register(udpLite, { protocols: [136] })
