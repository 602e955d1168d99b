// ICMP (RFC 792), with the datagram that an error quotes.
import { emit } from '../emit.js'
import type { Found } from '../found.js'
import { next, register } from '../next.js'
import type { Range } from '../range.js'

const UNREACHABLE = 3
const SOURCE_QUENCH = 4
const REDIRECT = 5
const TIME_EXCEEDED = 11
const PARAMETER_PROBLEM = 12
const FRAGMENTATION_NEEDED = 4
const ERRORS = [UNREACHABLE, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM]
const ECHOES = [0, 8, 13, 14, 15, 16, 17, 18] // with an identifier and a sequence number
const TIMESTAMPS = [13, 14]
const EXTENDED_ECHOES = [42, 43]

function icmp(found: Found, range: Range): void {
  found.layer('icmp', range.from)
  const put = (...names: string[]) => emit(found, 'icmp', range, 0, names)
  range.need(0, 6)
  put('type', 'code', 'checksum')
  const [type, code, words] = [range.u8(0), range.u8(1), range.u8(5)]
  if (ECHOES.includes(type)) put('identifier', 'sequenceNumber')
  else if (EXTENDED_ECHOES.includes(type)) put('identifier')
  else if (type === UNREACHABLE) {
    if (words > 0) put('length')
    if (code === FRAGMENTATION_NEEDED) put('nextHopMtu')
  } else if (type === PARAMETER_PROBLEM) put('pointer', ...(words > 0 ? ['length'] : []))
  else if (type === TIME_EXCEEDED && words > 0) put('length')
  else if (type === REDIRECT) put('gateway')
  if (TIMESTAMPS.includes(type)) put('originateTimestamp', 'receiveTimestamp', 'transmitTimestamp')
  if (ERRORS.includes(type)) quoted(found, () => ip(found, quotedBy(range, type, words)))
}

/** Runs a part that looks at headers which somebody else has sent. */
export function quoted(found: Found, body: () => void): void {
  const before = found.quoted
  found.quoted = true
  body()
  found.quoted = before
}

/** Wireshark goes by the version first here, and not by the header that announced it. */
const ip = (found: Found, range: Range): void => next(range.u8(0) >>> 4 === 6 ? 'ipv6' : 'ip', found, range)

/** The bytes of the quoted datagram: RFC 4884 says how many there are where extensions follow. */
function quotedBy(range: Range, type: number, words: number): Range {
  const rest = range.after(8)
  if (type === REDIRECT) return rest.clip((rest.u8(0) & 15) * 4 + 8)
  if (words > 0 && range.length > 8 + words * 4 && rest.u16(2) > words * 4)
    return rest.clip(((rest.u8(0) & 15) + words) * 4)
  if (range.length > 136 && rest.u16(2) > 128) return rest.clip(128)
  return rest
}

register(icmp, { protocols: [1] })
