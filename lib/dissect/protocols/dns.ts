// DNS (RFC 1035): header, questions and records. Names may point backwards, and are walked in bounded steps.
import { emit, emitBut } from '../emit.js'
import { END, type Found } from '../found.js'
import { register } from '../next.js'
import type { Range } from '../range.js'

const HEADER = 12
const RESPONSE = 0x8000
const AUTHENTIC_DATA = 0x0020
const COUNTS = ['questionCount', 'answerCount', 'authorityCount', 'additionalCount']
const UPDATE = 5
const OPT = 41
/** A label of bits (RFC 2673, historic): their count, and the bits. */
const BIT_STRING = 0x41

export function dns(found: Found, range: Range): void {
  found.layer('dns', range.from)
  const flags = range.u16(2)
  const response = (flags & RESPONSE) !== 0
  emitBut(found, 'dns', range, 0, [
    ...COUNTS,
    ...(response ? [] : ['authoritativeAnswer', 'recursionAvailable', 'responseCode']),
    ...(response || flags & AUTHENTIC_DATA ? [] : ['authenticData']),
  ])
  sections(found, range, ((flags >>> 11) & 15) === UPDATE)
}

/** LLMNR (RFC 4795): the flags of DNS, but three of them mean something else. */
function llmnr(found: Found, range: Range): void {
  found.layer('llmnr', range.from)
  const response = (range.u16(2) & RESPONSE) !== 0
  emit(found, 'dns', range, 0, [
    'id',
    'flags',
    'response',
    'opcode',
    'truncation',
    ...(response ? ['responseCode'] : []),
  ])
  sections(found, range, false)
}

function sections(found: Found, range: Range, isUpdate: boolean): void {
  emit(found, 'dns', range, 0, isUpdate ? ['additionalCount'] : COUNTS)
  const counts = [4, 6, 8, 10].map((at) => range.u16(at))
  let at = HEADER
  for (let i = 0; i < counts[0]; i++) {
    at = afterName(range, at)
    range.need(at, 4)
    emit(found, 'dnsQuestion', range, at)
    at += 4
  }
  for (let i = 0; i < counts[1] + counts[2] + counts[3]; i++) {
    at = afterName(range, at)
    range.need(at, 10 + range.u16(at + 8))
    emit(found, 'dnsRecord', range, at, range.u16(at) === OPT ? ['type', 'dataLength'] : undefined)
    at += 10 + range.u16(at + 8)
  }
}

/**
 * The byte behind a name: a row of labels that ends with an empty one or with a pointer to more. It follows pointers as
 * far as the message has bytes, so that a name that loops ends too.
 */
function afterName(range: Range, from: number): number {
  let behind = -1
  let steps = 0
  for (let at = from; ; ) {
    const length = range.u8(at)
    if (length === 0) return behind < 0 ? at + 1 : behind
    if (length >= 0xc0) {
      const target = range.u16(at) & 0x3fff
      if (behind < 0) behind = at + 2
      steps++
      if (steps > range.length) return behind
      at = target
      continue
    }
    if (length >= 0x80) throw END // labels of that kind were never allotted
    if (length === BIT_STRING) {
      const bytes = 1 + (((range.u8(at + 1) || 256) + 7) >>> 3)
      range.need(at + 1, bytes)
      steps += bytes + 1
      at += 1 + bytes
      continue
    }
    if (length >= 0x40) {
      if (at === from) throw END
      return at + 1 // Wireshark ends the name behind an extended label of another kind
    }
    range.need(at + 1, length)
    steps += length + 1
    if (steps > range.length) return behind < 0 ? at + 1 + length : behind
    at += 1 + length
  }
}

register(dns, { udpPorts: [53, 5353] })
register(llmnr, { udpPorts: [5355] })
