// DHCP and BOOTP (RFC 2131): the fixed part and the options.
import { emit, emitBut } from '../emit.js'
import type { Found } from '../found.js'
import { register } from '../next.js'
import type { Range } from '../range.js'
import { macText } from '../text.js'

const FIXED = 236
const OPTIONS = 240
const BEHIND_VENDOR = 300
const COOKIE = 0x63825363
const PAD = 0
const END = 255
const CLIENT_IDENTIFIER = 61
const HARDWARE_TYPES = 48
/** Fields in front of `secs`. */
const FIRST = ['op', 'htype', 'hlen', 'hops', 'xid']

function dhcp(found: Found, range: Range): void {
  found.layer('dhcp', range.from)
  const hasCookie = range.captured >= OPTIONS && range.u32(FIXED) === COOKIE
  if (!hasCookie && range.length > BEHIND_VENDOR) range.need(BEHIND_VENDOR, 1) // Wireshark looks for options first
  emit(found, 'dhcp', range, 0, FIRST)
  const mac = range.u8(1) === 1 && range.u8(2) === 6
  // Some clients write it in the wrong byte order; Wireshark takes a number without a low byte for one of theirs.
  const seconds = range.u16(8)
  found.put('dhcp.secs', seconds > 255 && (seconds & 255) === 0 ? seconds >>> 8 : seconds)
  emitBut(found, 'dhcp', range, 0, [...FIRST, 'secs', 'cookie', 'sname', 'file', ...(mac ? [] : ['chaddr'])])
  for (const [name, at] of [
    ['sname', 44],
    ['file', 108],
  ] as const)
    if (range.u8(at) !== 0) emit(found, 'dhcp', range, 0, [name])
  if (range.captured < OPTIONS) return
  if (hasCookie) {
    emit(found, 'dhcp', range, 0, ['cookie'])
    options(found, range, OPTIONS)
  } else options(found, range, BEHIND_VENDOR) // BOOTP (RFC 951): a vendor's bytes without a form
}

/** Options. Wireshark gives a run of padding one entry, and calls both padding and the end 0. */
function options(found: Found, range: Range, from: number): void {
  for (let at = from; at < range.length; ) {
    const code = range.u8(at)
    if (code === PAD || code === END) {
      found.put('dhcp.option.type', 0)
      if (code === END) return
      while (at < range.length && range.u8(at) === PAD) at++
      continue
    }
    emit(found, 'dhcpOption', range, at)
    const length = range.u8(at + 1)
    if (code === CLIENT_IDENTIFIER && length === 7) clientIdentifier(found, range, at + 2)
    at += 2 + length
  }
}

/** Seven bytes that begin with a hardware type (RFC 2132 section 9.14); 1 and 6 have MAC addresses. */
function clientIdentifier(found: Found, range: Range, at: number): void {
  const type = range.u8(at)
  if (type === 0 || type >= HARDWARE_TYPES) return
  found.put('dhcp.hw.type', type)
  if (type === 1 || type === 6) found.put('dhcp.hw.mac_addr', macText(range.view(at + 1, 6)))
}

register(dhcp, { udpPorts: [67, 68, 4011] })
