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

function dhcp(found: Found, range: Range): void {
  found.layer('dhcp', range.from)
  range.need(0, FIXED)
  const mac = range.u8(1) === 1 && range.u8(2) === 6
  emitBut(found, 'dhcp', range, 0, ['secs', 'cookie', 'sname', 'file', ...(mac ? [] : ['chaddr'])])
  // Some clients write it in the wrong byte order; Wireshark takes a number without a low byte for one of theirs.
  const seconds = range.u16(8)
  found.put('dhcp.secs', seconds > 255 && (seconds & 255) === 0 ? seconds >>> 8 : seconds)
  for (const [name, at] of [
    ['sname', 44],
    ['file', 108],
  ] as const)
    if (range.u8(at) !== 0) emit(found, 'dhcp', range, 0, [name])
  if (range.captured < OPTIONS) return
  if (range.u32(236) === COOKIE) {
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
    if (code === CLIENT_IDENTIFIER && length === 7 && range.u8(at + 2) === 1) {
      found.put('dhcp.hw.type', 1)
      found.put('dhcp.hw.mac_addr', macText(range.view(at + 3, 6)))
    }
    at += 2 + length
  }
}

register(dhcp, { udpPorts: [67, 68, 4011] })
