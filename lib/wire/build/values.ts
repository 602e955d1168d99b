// Fields of a packet as people write them, put in by the setters: text or numbers for addresses, names checked.
import { checkKeys, RxburstError } from '../../errors.js'
import { parseIpv4, parseIpv6, parseMac } from '../addresses.js'
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
import * as headers from '../headers/namespaces.js'
import { type Field, HEADERS, type Header } from '../table/table.js'

/** The value of a field: a number, a boolean, an address as number or text, bytes. */
export type Value = number | boolean | string | ArrayLike<number>

/** Fields of one header by name; `options` are the bytes behind its fixed part. */
export type Fields = Readonly<Record<string, Value>>

type Setter = (p: Bytes, at: At, ...values: unknown[]) => void

const tables = new Map(HEADERS.map((header) => [header.name, header]))
const spaces: Record<string, unknown> = { ...headers }

/** @throws ERR_BAD_OPTION */
export function headerOf(name: string): Header {
  const header = tables.get(name)
  if (header) return header
  throw new RxburstError('ERR_BAD_OPTION', `there is no header '${name}'; docs/wire.md lists them`)
}

/** @throws ERR_BAD_OPTION, and names the field that was probably meant */
export function checkFields(name: string, fields: Fields): void {
  const known = headerOf(name).fields.map((field) => field.name)
  checkKeys(`fields of ${name}`, fields, [...known, 'options'])
}

/** The value as the setter takes it. */
function argumentsOf({ kind }: Field, value: Value): unknown[] {
  if (kind === 'ipv4') return [typeof value === 'string' ? parseIpv4(value) : value]
  if (kind === 'mac') return [typeof value === 'number' ? value : parseMac(value as string)]
  if (kind === 'ipv6')
    return Array.from(typeof value === 'string' ? parseIpv6(value) : (value as ArrayLike<number>))
  return [value]
}

/**
 * Sets one field. `which` is the number of a VLAN tag or MPLS label.
 * @throws ERR_BAD_ADDRESS, ERR_BAD_OPTION
 */
export function setField(p: Bytes, at: At, name: string, fieldName: string, value: Value, which = 0): void {
  const header = headerOf(name)
  const field = header.fields.find((each) => each.name === fieldName)
  if (!field)
    throw new RxburstError('ERR_BAD_OPTION', `${name} has no field '${fieldName}'; docs/wire.md lists them`)
  const space = spaces[name] as Record<string, Setter>
  const setter = space[`set${fieldName[0].toUpperCase()}${fieldName.slice(1)}`]
  const values = argumentsOf(field, value)
  for (const each of values)
    if (typeof each === 'number' && !Number.isFinite(each))
      throw new RxburstError(
        'ERR_BAD_OPTION',
        `${name}.${fieldName} is ${String(value)}, which is not a number`,
      )
  if (header.start === 'ethernet') setter(p, values[0] as number, at)
  else if (header.start === 'vlan' || header.start === 'mpls') setter(p, at, ...values, which)
  else setter(p, at, ...values)
}
