// ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861), with the packet that an error quotes.
import { emit } from '../emit.js'
import type { Found } from '../found.js'
import { next, register } from '../next.js'
import type { Range } from '../range.js'
import { ipv6Text } from '../text.js'
import { quoted } from './icmp.js'

/** The last fields of an error's header, by its type; behind it stands the packet. */
const ERRORS: Readonly<Record<number, string[]>> = { 1: [], 2: ['mtu'], 3: [], 4: ['pointer'] }
const ECHOES = [128, 129]
/** Messages of neighbour discovery, and where their options begin. */
const DISCOVERY: Readonly<Record<number, [header: string, options: number]>> = {
  133: ['', 8],
  134: ['routerAdvertisement', 16],
  135: ['neighborSolicitation', 24],
  136: ['neighborAdvertisement', 24],
  137: ['redirect', 40],
}

function icmpv6(found: Found, range: Range): void {
  found.layer('icmpv6', range.from)
  const put = (...names: string[]) => emit(found, 'icmpv6', range, 0, names)
  put('type', 'code', 'checksum')
  const type = range.u8(0)
  if (ECHOES.includes(type)) put('identifier', 'sequenceNumber')
  else if (type in ERRORS) {
    put(...ERRORS[type])
    quoted(found, () => next('ipv6', found, range.after(8)))
  } else if (type in DISCOVERY) {
    const [header, options] = DISCOVERY[type]
    if (header) emit(found, header, range)
    neighbourOptions(found, range, options)
  }
}

const LINK_LAYER_ADDRESSES = [1, 2]
const PREFIX = 3
const MTU = 5
const ROUTE = 24

function neighbourOptions(found: Found, range: Range, from: number): void {
  for (let at = from; range.length > at; ) {
    emit(found, 'ndOption', range, at)
    const [type, length] = [range.u8(at), range.u8(at + 1) * 8]
    if (length === 0) return
    if (LINK_LAYER_ADDRESSES.includes(type) && length === 8) emit(found, 'linkLayerAddress', range, at)
    else if (type === PREFIX) emit(found, 'prefixInformation', range, at)
    else if (type === ROUTE) route(found, range, at, length)
    else if (type === MTU) emit(found, 'linkMtu', range, at)
    at += length
  }
}

/** Route information (RFC 4191 section 2.3): as many bytes of the prefix as the option has. */
function route(found: Found, range: Range, at: number, length: number): void {
  found.put('icmpv6.opt.prefix.length', range.u8(at + 2))
  const prefix = new Uint8Array(16)
  prefix.set(range.view(at + 8, Math.min(16, length - 8)))
  found.put('icmpv6.opt.prefix', ipv6Text(prefix))
}

register(icmpv6, { protocols: [58] })
