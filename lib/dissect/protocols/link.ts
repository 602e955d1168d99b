// Layer 2: Ethernet, tags, LLC and SNAP, MPLS, ARP, PPP; and what an EtherType leads to.
import { emit, emitBut } from '../emit.js'
import type { Found } from '../found.js'
import { etherType, type Name, next, register } from '../next.js'
import type { Range } from '../range.js'

/** Below it the field is a length (IEEE 802.3 section 3.2.6). */
const TYPE_MIN = 1536
const LENGTH_MAX = 1500

function ethernet(found: Found, range: Range): void {
  const type = range.u16(12)
  if (type !== 0 && type <= LENGTH_MAX && isInterSwitchLink(range)) {
    interSwitchLink(found, range)
    return
  }
  found.layer('eth', range.from)
  emit(found, 'ethernet', range, 0, ['destination', 'source'])
  const rest = range.after(14)
  if (type !== 0 && type < TYPE_MIN) {
    if (type <= LENGTH_MAX) llc(found, rest.clip(type))
    return
  }
  found.put('eth.type', type)
  etherType(type, found, rest)
}

/** Cisco's ISL: a frame in an envelope of 26 bytes, which begins like Ethernet. */
const isInterSwitchLink = (range: Range) => (range.u32(0) | 0x02000000) === 0x03000c00 && range.u8(4) === 0

function interSwitchLink(found: Found, range: Range): void {
  found.layer('isl', range.from)
  if (range.u8(5) >>> 4 === 0) ethernet(found, range.after(26))
}

/** Network service header (RFC 8300): what it says comes next. */
function nsh(found: Found, range: Range): void {
  found.layer('nsh', range.from)
  const following = range.u8(3)
  const rest = range.after((range.u16(0) & 63) * 4)
  if (following in NEXT_PROTOCOLS) next(NEXT_PROTOCOLS[following], found, rest)
}

/** Next protocols of NSH (RFC 8300 section 2.2). */
const NEXT_PROTOCOLS: Readonly<Record<number, Name>> = { 1: 'ip', 2: 'ipv6', 3: 'eth', 5: 'mpls' }

function vlan(found: Found, range: Range): void {
  found.layer('vlan', range.from)
  emitBut(found, 'vlan', range, 0, ['type'])
  tagged(found, range, 'vlan.etype')
}

/** What follows a tag: an EtherType, or a length. */
function tagged(found: Found, range: Range, name: string): void {
  const type = range.u16(2)
  const rest = range.after(4)
  if (type < TYPE_MIN) {
    if (type <= 1500) llc(found, rest.clip(type))
    return
  }
  found.put(name, type)
  etherType(type, found, rest)
}

/** IEEE 802.1ad, the outer tag of QinQ. Wireshark has names of its own for its fields. */
function providerTag(found: Found, range: Range): void {
  found.layer('ieee8021ad', range.from)
  found.put('ieee8021ad.priority', range.bits(0, 3))
  found.put('ieee8021ad.dei', range.bits(3, 1))
  found.put('ieee8021ad.id', range.bits(4, 12))
  const type = range.u16(2)
  if (type >= TYPE_MIN) etherType(type, found, range.after(4))
}

/** LLC (IEEE 802.2), with SNAP (RFC 1042) where it leads to an EtherType. */
function llc(found: Found, range: Range): void {
  found.layer('llc', range.from)
  const [dsap, ssap] = [range.u8(0), range.u8(1)]
  const control = range.u8(2)
  if (dsap === 0xaa && ssap === 0xaa && (control & 0xef) === 0x03) {
    const organization = range.u8(3) * 65536 + range.u16(4)
    const type = range.u16(6)
    if (organization === 0 || organization === 0x0000f8) etherType(type, found, range.after(8))
    else if (organization === 0x0080c2 && (type === 1 || type === 7))
      ethernet(found, range.after(type === 1 ? 10 : 8))
    return
  }
  if (dsap === 0x06 && control === 0x03) next('ip', found, range.after(3))
}

/** Where the EtherType stands, by the format of the timestamp: 64 or 48 bits, TAI or UTC. */
const ARISTA_FORMATS = new Map([
  [0x0010, 12],
  [0x0110, 12],
  [0x0020, 10],
  [0x0120, 10],
])

/** A frame that a switch of Arista has given a timestamp, of 64 or 48 bits; an EtherType follows. */
function arista(found: Found, range: Range): void {
  found.layer('avsp', range.from)
  if (range.u16(0) !== 1) return
  const at = ARISTA_FORMATS.get(range.u16(2))
  if (at) etherType(range.u16(at), found, range.after(at + 2))
}

const GENERIC_ASSOCIATED_CHANNEL = 13

function mpls(found: Found, range: Range): void {
  let at = 0
  let label = 0
  for (let bottom = false; !bottom && range.length - at > 0; at += 4) {
    range.need(at, 4)
    found.layer('mpls', range.from + at)
    label = range.bits(8 * at, 20)
    bottom = range.bits(8 * at + 23, 1) === 1
    emit(found, 'mpls', range, at)
    if (label === GENERIC_ASSOCIATED_CHANNEL && bottom) return
  }
  const rest = range.after(at)
  const nibble = rest.u8(0) >>> 4
  if (nibble === 4) next('ip', found, rest)
  else if (nibble === 6) next('ipv6', found, rest)
  else if (nibble === 0) pseudowire(found, rest)
}

/**
 * An Ethernet pseudowire, with a control word (RFC 4448 section 4.6) or without: two MAC addresses that make sense
 * decide.
 */
function pseudowire(found: Found, range: Range): void {
  const plausible = (at: number) =>
    range.captured >= at + 14 && isVendors(range, at) && isVendors(range, at + 6)
  if (range.captured >= 18 && range.u16(0) === 0 && plausible(4)) ethernet(found, range.after(4))
  else if (plausible(0)) ethernet(found, range)
}

const isVendors = (range: Range, at: number) => range.u32(at) !== 0 || range.u16(at + 4) !== 0

const ENCRYPTED = 0x0c
const WITH_IDENTIFIER = 0x20
const CHECK_VALUE = 16

/** MACsec (IEEE 802.1AE section 9): between tag and check value stands an EtherType, unless it is encrypted. */
function macsec(found: Found, range: Range): void {
  found.layer('macsec', range.from)
  const control = range.u8(0)
  if (control & ENCRYPTED) return
  const short = range.u8(1) & 63 // bytes of a frame that is shorter than Ethernet's least
  const rest = range.after(control & WITH_IDENTIFIER ? 14 : 6)
  const secured = rest.clip(short || rest.length - CHECK_VALUE)
  etherType(secured.u16(0), found, secured.after(2))
}

const ATM_HARDWARE = 19
const ETHERNET_HARDWARE = [1, 6]

function arp(found: Found, range: Range): void {
  if (range.u16(0) === ATM_HARDWARE) return // RFC 2225: another header
  found.layer('arp', range.from)
  emit(found, 'arp', range, 0, [
    'hardwareType',
    'protocolType',
    'hardwareLength',
    'protocolLength',
    'operation',
  ])
  const [hardware, protocol] = [range.u8(4), range.u8(5)]
  range.need(8, 2 * (hardware + protocol))
  const mac = hardware === 6 && ETHERNET_HARDWARE.includes(range.u16(0))
  const ip = protocol === 4 && range.u16(2) === 0x0800
  const places: [number, boolean, string[]][] = [
    [8, mac, ['senderHardware']],
    [8 + hardware, ip, ['senderProtocol']],
    [8 + hardware + protocol, mac, ['targetHardware']],
    [8 + 2 * hardware + protocol, ip, ['targetProtocol']],
  ]
  const usual = [8, 14, 18, 24]
  for (const [i, [at, there, names]] of places.entries())
    if (there) emit(found, 'arp', range, at - usual[i], names)
}

function pppoe(found: Found, range: Range): void {
  found.layer('pppoes', range.from)
  ppp(found, range.after(6).clip(range.u16(4)))
}

/** PPP (RFC 1661): address and control may be left out, and the protocol may be one byte. */
function ppp(found: Found, range: Range): void {
  found.layer('ppp', range.from)
  const rest = range.u16(0) === 0xff03 ? range.after(2) : range
  const short = (rest.u8(0) & 1) === 1
  const protocol = short ? rest.u8(0) : rest.u16(0)
  const inner = rest.after(short ? 1 : 2)
  if (protocol === 0x0021) next('ip', found, inner)
  else if (protocol === 0x0057) next('ipv6', found, inner)
  else if (protocol === 0x0281 || protocol === 0x0283) mpls(found, inner)
}

register(ethernet, { name: 'eth', etherTypes: [0x6558], protocols: [143] }) // 143: RFC 8986 section 10.1
register((found, range) => ethernet(found, range.after(2)), { protocols: [97] }) // EtherIP, RFC 3378
register(arp, { etherTypes: [0x0806, 0x8035] })
register(vlan, { etherTypes: [0x8100, 0x9100] })
register(arista, { etherTypes: [0xd28b] })
register(providerTag, { etherTypes: [0x88a8] })
register(mpls, { name: 'mpls', etherTypes: [0x8847, 0x8848], protocols: [137], udpPorts: [6635] })
register(pppoe, { etherTypes: [0x8864] })
register(ppp, { name: 'ppp', etherTypes: [0x880b] })
register(macsec, { etherTypes: [0x88e5] })
register(nsh, { name: 'nsh', etherTypes: [0x894f] })
