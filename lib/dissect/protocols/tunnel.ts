// Tunnels: GRE, VXLAN, GTP-U, Geneve, and the envelopes of others that carry packets: L2TP, Teredo, ERSPAN.
import { emit, emitBut } from '../emit.js'
import type { Found } from '../found.js'
import { etherType, ipOfEither, type Name, next, register } from '../next.js'
import type { Range } from '../range.js'

const ERSPAN_2 = 0x88be
const ERSPAN_3 = 0x22eb
const PPTP = 0x880b // RFC 2637: a length and a call ID instead of the key

function gre(found: Found, range: Range): void {
  found.layer('gre', range.from)
  emit(found, 'gre', range)
  const [flags, type] = [range.u16(0), range.u16(2)]
  let at = 4
  if (flags & 0xc000) {
    emit(found, 'greChecksum', range, at)
    at += 4
  }
  if (flags & 0x2000) {
    if ((flags & 7) !== 1 || type !== PPTP) emit(found, 'greKey', range, at)
    at += 4
  }
  if (flags & 0x1000) {
    emit(found, 'greSequence', range, at)
    at += 4
  }
  if (flags & 0x0080) at += 4 // acknowledgment of PPTP (RFC 2637)
  if (flags & 0x4000) for (let length = 1; length > 0; at += 4 + length) length = range.u8(at + 3)
  const rest = range.after(at)
  if (rest.length === 0) return
  if (type === ERSPAN_2) next('eth', found, flags & 0x1000 ? rest.after(8) : rest)
  else if (type === ERSPAN_3) next('eth', found, rest.after(rest.u8(11) & 1 ? 20 : 12))
  else etherType(type, found, rest)
}

function vxlan(found: Found, range: Range): void {
  found.layer('vxlan', range.from)
  emit(found, 'vxlan', range)
  next('eth', found, range.after(8))
}

const NEXT_PROTOCOLS: Readonly<Record<number, Name>> = { 1: 'ip', 2: 'ipv6', 3: 'eth', 4: 'nsh' }

/** VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe): the last byte of the first word says what comes next. */
function vxlanGpe(found: Found, range: Range): void {
  found.layer('vxlan', range.from)
  emit(found, 'vxlan', range, 0, ['networkIdentifier', 'lastReserved'])
  found.put('vxlan.flags', range.u8(0))
  const following = range.u8(3)
  if (following in NEXT_PROTOCOLS) next(NEXT_PROTOCOLS[following], found, range.after(8))
}

/** LISP (RFC 6830): an IP packet behind 8 bytes. */
function lisp(found: Found, range: Range): void {
  found.layer('lisp', range.from)
  ipOfEither(found, range.after(8))
}

const USER_PACKET = 255

function gtpu(found: Found, range: Range): void {
  found.layer('gtp', range.from)
  const optional = ['sequenceNumber', 'npduNumber', 'nextExtensionHeaderType']
  emitBut(found, 'gtpu', range, 0, optional)
  const flags = range.u8(0)
  let at = 8
  if (flags & 7) {
    emit(found, 'gtpu', range, 0, optional)
    at = 12
    for (let type = flags & 4 ? range.u8(11) : 0; type !== 0; ) {
      emit(found, 'gtpuExtension', range, at)
      const bytes = range.u8(at) * 4
      if (bytes === 0) return
      type = range.u8(at + bytes - 1)
      found.put('gtp.ext_hdr.next', type)
      at += bytes
    }
  }
  if (range.u8(1) !== USER_PACKET) return
  ipOfEither(found, range.after(at))
}

function geneve(found: Found, range: Range): void {
  found.layer('geneve', range.from)
  emit(found, 'geneve', range)
  const end = 8 + (range.u8(0) & 63) * 4
  found.put('geneve.option.length', end - 8) // Wireshark has one name for the length of all and of each
  range.need(0, end)
  for (let at = 8; at + 4 <= end; ) {
    const bytes = 4 + (range.u8(at + 3) & 31) * 4
    if (at + bytes > end) break
    emitBut(found, 'geneveOption', range, at, ['length'])
    found.put('geneve.option.length', bytes) // with its header
    at += bytes
  }
  etherType(range.u16(2), found, range.after(end))
}

/** L2TP version 2 (RFC 2661): data messages carry PPP. */
function l2tp(found: Found, range: Range): void {
  found.layer('l2tp', range.from)
  const flags = range.u16(0)
  if ((flags & 15) !== 2 || flags & 0x8000) return
  let at = 2
  if (flags & 0x4000) at += 2
  at += 4
  if (flags & 0x0800) at += 4
  if (flags & 0x0200) at += 2 + range.u16(at)
  const rest = range.after(at)
  if (rest.length > 0) next('ppp', found, rest)
}

/** Teredo (RFC 4380): an authentication and an origin may stand in front of the IPv6 packet. */
function teredo(found: Found, range: Range): void {
  found.layer('teredo', range.from)
  let rest = range
  if (rest.captured >= 4 && rest.u16(0) === 1) rest = rest.after(13 + rest.u8(2) + rest.u8(3))
  if (rest.captured >= 8 && rest.u16(0) === 0) rest = rest.after(8)
  if (rest.captured > 0 && rest.u8(0) >>> 4 === 6) next('ipv6', found, rest)
}

register(gre, { protocols: [47], udpPorts: [4754] })
register(vxlan, { udpPorts: [4789] })
register(vxlanGpe, { udpPorts: [4790] })
register(lisp, { udpPorts: [4341] })
register(gtpu, { udpPorts: [2152] })
register(geneve, { udpPorts: [6081] })
register(l2tp, { udpPorts: [1701] })
register(teredo, { udpPorts: [3544] })
