// Takes a header's fields out of a packet by the table of rxburst/wire, under Wireshark's names.
import { type Field, HEADERS } from '../wire/table/table.js'
import type { Found, Value } from './found.js'
import type { Range } from './range.js'
import { hexText, ipv4Text, ipv6Text, macText, stringText } from './text.js'

const named = new Map(
  HEADERS.map(({ name, fields, bytes }) => [
    name,
    { bytes, fields: fields.filter((f) => f.wireshark !== '') },
  ]),
)
const headerOf = (name: string) => {
  const header = named.get(name)
  if (!header) throw new Error(`the table of fields has no header ${name}`)
  return header
}

/** Fields whose unit in Wireshark 4.0 is not the table's. */
const UNITS = new Map([['ip.frag_offset', 1]])

/** Fields of several bits that Wireshark has as one flag. */
const FLAGS = new Set(['tcp.flags.res'])

/** Fields that Wireshark has as bytes or text where the table has a number. */
const TEXTS = new Set(['dhcp.server', 'dhcp.file'])

function read(range: Range, at: number, { bit, width, kind, times, wireshark }: Field): Value {
  const bytes = () => range.view(at + (bit >>> 3), width >>> 3)
  switch (kind) {
    case 'mac':
      return macText(bytes())
    case 'ipv4':
      return ipv4Text(bytes())
    case 'ipv6':
      return ipv6Text(bytes())
    case 'bytes':
      return TEXTS.has(wireshark) ? stringText(bytes()) : hexText(bytes())
    default:
      if (FLAGS.has(wireshark)) return Number(range.bits(8 * at + bit, width) > 0)
      return range.bits(8 * at + bit, width) * (UNITS.get(wireshark) ?? times)
  }
}

/**
 * Puts the fields of a header that begins at byte `at` of the range.
 * @param only names (the table's) of those that are there; default: all
 * @throws END where the packet ends before a field
 */
export function emit(found: Found, header: string, range: Range, at = 0, only?: readonly string[]): void {
  for (const field of headerOf(header).fields)
    if (!only || only.includes(field.name)) found.put(field.wireshark, read(range, at, field))
}

/** As emit(), for all fields but these. */
export function emitBut(
  found: Found,
  header: string,
  range: Range,
  at: number,
  not: readonly string[],
): void {
  for (const field of headerOf(header).fields)
    if (!not.includes(field.name)) found.put(field.wireshark, read(range, at, field))
}
