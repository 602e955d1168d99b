// Layer 4: UDP, TCP with its options, SCTP; and what a port leads to.
import { dhcp } from './dhcp.js'
import { dns, llmnr } from './dns.js'
import { emit, emitBut } from './emit.js'
import type { Found } from './found.js'
import { mpls } from './link.js'
import { ntp } from './ntp.js'
import type { Range } from './range.js'
import { geneve, gre, gtpu, l2tp, lisp, teredo, vxlan, vxlanGpe } from './tunnel.js'

type Dissector = (found: Found, range: Range) => void

/** What stands behind UDP, by port: the smaller of the two ports is asked first. */
const UDP_PORTS: Readonly<Record<number, Dissector>> = {
  53: dns,
  5353: dns,
  5355: llmnr,
  67: dhcp,
  68: dhcp,
  123: ntp,
  1701: l2tp,
  2152: gtpu,
  3544: teredo,
  4011: dhcp,
  4341: lisp,
  4754: gre,
  4789: vxlan,
  4790: vxlanGpe,
  6081: geneve,
  6635: mpls,
}

export function udp(found: Found, range: Range): void {
  found.layer('udp', range.from)
  emit(found, 'udp', range)
  const length = range.u16(4)
  if (length !== 0 && length < 8) return
  const rest = (length === 0 ? range : range.clip(length)).after(8)
  behindPorts(found, range, rest)
}

/** RFC 3828: the length is how much the checksum covers. */
export function udpLite(found: Found, range: Range): void {
  found.layer('udplite', range.from)
  emitBut(found, 'udp', range, 0, ['length'])
  behindPorts(found, range, range.after(8))
}

function behindPorts(found: Found, range: Range, rest: Range): void {
  if (rest.captured === 0) return
  const [source, destination] = [range.u16(0), range.u16(2)]
  const [low, high] = source < destination ? [source, destination] : [destination, source]
  const dissector = UDP_PORTS[low] ?? UDP_PORTS[high]
  dissector?.(found, rest)
}

const TCP_MIN = 20

export function tcp(found: Found, range: Range): void {
  found.layer('tcp', range.from)
  const header = (range.u8(12) >>> 4) * 4
  if (header < TCP_MIN) {
    emit(found, 'tcp', range, 0, ['sourcePort', 'destinationPort', 'sequenceNumber', 'dataOffset'])
    return
  }
  emit(found, 'tcp', range)
  if (header > TCP_MIN) tcpOptions(found, range, header)
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

function tcpOptions(found: Found, range: Range, header: number): void {
  for (let at = TCP_MIN; at < header; ) {
    const kind = range.u8(at)
    if (kind <= 1) {
      // Wireshark goes on behind the end of the list (RFC 9293 section 3.2), so that one sees what is hidden there.
      emit(found, 'tcpOption', range, at++, ['kind'])
      continue
    }
    if (at + 1 >= header) return
    const length = range.u8(at + 1)
    if (length < 2 || at + length > header) return
    emit(found, 'tcpOption', range, at)
    if (kind === MAXIMUM_SEGMENT_SIZE && length === 4) emit(found, 'maximumSegmentSize', range, at)
    else if (kind === WINDOW_SCALE && length === 3) emit(found, 'windowScale', range, at)
    else if (kind === TIMESTAMPS && length === 10) emit(found, 'timestamps', range, at)
    else if (kind === SELECTIVE_ACKNOWLEDGMENT)
      for (let edge = 2; edge + 8 <= length; edge += 8)
        emit(found, 'selectiveAcknowledgment', range, at + edge - 2)
    at += length
  }
}

export function sctp(found: Found, range: Range): void {
  found.layer('sctp', range.from)
  emit(found, 'sctp', range)
}
