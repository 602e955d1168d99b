// Layer 3: IPv4 with its options, IPv6 with its extension headers; and what a protocol number leads to.
import { emit, emitBut } from '../emit.js'
import type { Found } from '../found.js'
import { ipOfEither, protocol, register } from '../next.js'
import type { Range } from '../range.js'
import { ipv4Text, ipv6Text } from '../text.js'

const IPV4_MIN = 20
const IPV6_BYTES = 40
const HOP_BY_HOP = 0

function ipv4(found: Found, range: Range): void {
  found.layer('ip', range.from)
  emit(found, 'ipv4', range, 0, ['version'])
  const version = range.u8(0) >>> 4
  if (version !== 4) {
    if (version === 6) ipv6(found, range)
    return
  }
  emit(found, 'ipv4', range, 0, ['headerLength'])
  const header = (range.u8(0) & 15) * 4
  if (header < IPV4_MIN) return
  emit(found, 'ipv4', range, 0, ['typeOfService', 'differentiatedServices', 'congestion'])
  let total = range.u16(2)
  if (total === 0) {
    total = range.length // segmentation offload leaves the length to the device
    found.put('ip.len', total)
  } else {
    found.put('ip.len', total)
    if (total < header) return
  }
  const whole = range.clip(total)
  const hasOptions = header > IPV4_MIN && whole.captured >= header
  const routed = hasOptions && isRouted(whole, header)
  emitBut(found, 'ipv4', whole, 0, [
    ...['version', 'headerLength', 'typeOfService', 'differentiatedServices', 'congestion', 'totalLength'],
    ...(routed ? ['destination'] : []),
  ])
  if (hasOptions) ipv4Options(found, whole, header)
  found.addresses = [ipv4Text(range.view(12, 4)), ipv4Text(range.view(16, 4))]
  const rest = whole.after(header)
  const fragment = range.u16(6)
  if (fragment & 0x1fff) return // only the first fragment has the next header
  within(found, (fragment & 0x2000) !== 0, () => {
    if (rest.length > 0) protocol(range.u8(9), found, rest)
  })
}

/** Sets whether what follows is a fragment, and puts it back. */
function within(found: Found, fragment: boolean, body: () => void): void {
  const before = found.fragment
  found.fragment = fragment
  body()
  found.fragment = before
}

/** Walks options: type, length, value; types 0 and 1 are one byte. Stops at one that overruns. */
function* options(
  range: Range,
  from: number,
  to: number,
): Generator<{ at: number; type: number; length: number }> {
  for (let at = from; at < to; ) {
    const type = range.u8(at)
    if (type <= 1) {
      yield { at, type, length: 1 }
      if (type === 0) return
      at++
      continue
    }
    if (at + 1 >= to) return
    const length = range.u8(at + 1)
    if (length < 2 || at + length > to) return
    yield { at, type, length }
    at += length
  }
}

const LOOSE_ROUTE = 131
const STRICT_ROUTE = 137
const RECORD_ROUTE = 7
const TIMESTAMP = 68
const ROUTER_ALERT = 148

/** Options that Wireshark 4.0 has by name: of others it gives no field. */
const NAMED = [0, 1, 7, 11, 12, 25, 68, 82, 130, 131, 133, 134, 136, 137, 148, 149]

/** A source route: the address in the header is the next stop, the destination stands in the option. */
function isRouted(range: Range, header: number): boolean {
  for (const { at, type, length } of options(range, IPV4_MIN, header)) {
    if ((type !== LOOSE_ROUTE && type !== STRICT_ROUTE) || length < 7 || range.u8(at + 2) > length) continue
    range.need(at, length)
    return true
  }
  return false
}

function ipv4Options(found: Found, range: Range, header: number): void {
  for (const { at, type, length } of options(range, IPV4_MIN, header)) {
    if (!NAMED.includes(type)) continue
    emit(found, 'ipv4Option', range, at, ['type', 'copied', 'optionClass', 'number'])
    if (type <= 1) continue
    emit(found, 'ipv4Option', range, at, ['length'])
    if (type === LOOSE_ROUTE || type === STRICT_ROUTE || type === RECORD_ROUTE) {
      emit(found, 'ipv4Option', range, at, ['pointer'])
      if (type !== RECORD_ROUTE && range.u8(at + 2) <= length)
        emit(found, 'ipv4', range, at + length - 20, ['destination'])
    } else if (type === TIMESTAMP)
      emit(found, 'ipv4Option', range, at, ['pointer', 'overflow', 'timestampFlag'])
    else if (type === ROUTER_ALERT && length === 4) emit(found, 'ipv4Option', range, at, ['routerAlert'])
  }
}

function ipv6(found: Found, range: Range): void {
  found.layer('ipv6', range.from)
  emit(found, 'ipv6', range, 0, ['version'])
  emit(found, 'ipv4', range, 0, ['version']) // Wireshark has `ip.version == 6` mean something
  const version = range.u8(0) >>> 4
  if (version !== 6) return
  emitBut(found, 'ipv6', range, 0, ['version'])
  found.addresses = [ipv6Text(range.view(8, 16)), ipv6Text(range.view(24, 16))]
  const length = range.u16(4)
  const rest = range.after(IPV6_BYTES)
  protocol(
    range.u8(6),
    found,
    length === 0 && range.u8(6) === HOP_BY_HOP && isJumbogram(rest) ? rest : rest.clip(length),
  )
}

/** A register message of PIM (RFC 7761 section 4.9.3) carries the packet of a source. */
function pim(found: Found, range: Range): void {
  found.layer('pim', range.from)
  if (range.u8(0) !== 0x21 || range.length <= 8) return
  ipOfEither(found, range.after(8))
}

function extension(found: Found, header: string, range: Range): void {
  found.layer(header === 'hopByHop' ? 'ipv6.hopopts' : 'ipv6.dstopts', range.from)
  const bytes = (range.u8(1) + 1) * 8
  emit(found, header, range)
  ipv6Options(found, range, bytes)
  protocol(range.u8(0), found, range.after(bytes))
}

const JUMBO = 0xc2

/** RFC 2675: a hop-by-hop option has the length, and the header says 0. */
function isJumbogram(range: Range): boolean {
  if (range.captured < 8) return false
  const end = Math.min((range.u8(1) + 1) * 8, range.captured)
  for (let at = 2; at + 6 <= end; ) {
    const type = range.u8(at)
    if (type === JUMBO) return range.u8(at + 1) === 4
    at += type === 0 ? 1 : 2 + range.u8(at + 1)
  }
  return false
}

const TUNNEL_LIMIT = 4
const PERFORMANCE = 15 // RFC 8250
const ROUTER_ALERT_6 = 5
const CALIPSO = 7
const HOME_ADDRESS = 201

/** Bytes of an option's value that are read whatever its length says. */
function leastLength(range: Range, at: number, type: number): number {
  if (type === TUNNEL_LIMIT) return 1
  if (type === PERFORMANCE) return 10
  if (type === ROUTER_ALERT_6) return 2
  if (type === CALIPSO) return 8 + range.u8(at + 6) * 4
  if (type === HOME_ADDRESS) return 16
  return type === JUMBO ? 4 : 0
}

/** Options of a header that ends at byte `end`. One that overruns it counts, as long as the packet has its bytes. */
function ipv6Options(found: Found, range: Range, end: number): void {
  for (let at = 2; at < end; ) {
    const type = range.u8(at)
    range.need(at, 2) // Wireshark looks at both, also where the first says that there is no length
    if (type === 0) {
      emit(found, 'ipv6Option', range, at++, ['type'])
      continue
    }
    const length = range.u8(at + 1)
    emit(found, 'ipv6Option', range, at, ['type', 'action', 'change', 'rest', 'length'])
    if (type === ROUTER_ALERT_6) emit(found, 'ipv6Option', range, at, ['routerAlert'])
    range.need(at + 2, length)
    at += 2 + Math.max(length, leastLength(range, at, type))
  }
}

function routing(found: Found, range: Range): void {
  found.layer('ipv6.routing', range.from)
  emit(found, 'routing', range)
  protocol(range.u8(0), found, range.after((range.u8(1) + 1) * 8))
}

function fragment(found: Found, range: Range): void {
  found.layer('ipv6.fraghdr', range.from)
  range.need(0, 8)
  emit(found, 'fragment', range)
  const word = range.u16(2)
  if (word >>> 3 !== 0) return
  within(found, (word & 1) === 1, () => protocol(range.u8(0), found, range.after(8)))
}

function authentication(found: Found, range: Range): void {
  found.layer('ah', range.from)
  emit(found, 'authentication', range)
  protocol(range.u8(0), found, range.after((range.u8(1) + 2) * 4))
}

register(ipv4, { name: 'ip', etherTypes: [0x0800], protocols: [4] })
register(ipv6, { name: 'ipv6', etherTypes: [0x86dd], protocols: [41] })
register((found, range) => extension(found, 'hopByHop', range), { protocols: [HOP_BY_HOP] })
register((found, range) => extension(found, 'destinationOptions', range), { protocols: [60] })
register(routing, { protocols: [43] })
register(fragment, { protocols: [44] })
register(authentication, { protocols: [51] })
register(pim, { protocols: [103] })
