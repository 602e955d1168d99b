// NTP (RFC 5905) and SNTP: the header of modes 1 to 5.
import { emit, emitBut } from '../emit.js'
import type { Found } from '../found.js'
import { register } from '../next.js'
import type { Range } from '../range.js'
import { hexText, ntpText } from '../text.js'

const TIMES = [
  ['ntp.reftime', 16],
  ['ntp.org', 24],
  ['ntp.rec', 32],
  ['ntp.xmt', 40],
] as const
const OTHERS = ['referenceId', 'referenceSeconds', 'originSeconds', 'receiveSeconds', 'transmitSeconds']
const CONTROL = 6

function ntp(found: Found, range: Range): void {
  found.layer('ntp', range.from)
  const mode = range.u8(0) & 7
  if (mode >= CONTROL) {
    emit(found, 'ntp', range, 0, ['flags', ...(mode === CONTROL ? ['leapIndicator'] : []), 'version', 'mode'])
    return
  }
  emitBut(found, 'ntp', range, 0, OTHERS)
  found.put('ntp.refid', hexText(range.view(12, 4)))
  for (const [name, at] of TIMES) found.put(name, ntpText(range.u32(at), range.u32(at + 4)))
}

register(ntp, { udpPorts: [123] })
