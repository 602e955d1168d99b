// Fields that a replay changes in each packet: `ethernet.destination=02:00:00:00:00:01`, `ipv4.source=10.0.0.1`.
import { nearest, RxburstError } from '../errors.js'
import * as wire from '../wire/index.js'
import { type At, type Bytes, HEADERS, is, parseIpv4, parseIpv6, parseMac } from '../wire/index.js'

/** A field and its new value; an IPv6 address is four words. */
export interface Rewrite {
  header: string
  field: string
  values: number[]
}

const bad = (text: string, why: string) =>
  new RxburstError(
    'ERR_BAD_OPTION',
    `--rewrite is HEADER.FIELD=VALUE, such as ipv4.source=10.0.0.1: '${text}' ${why}`,
  )

/** Headers that a packet is known to have or not. */
const known = () => HEADERS.map(({ name }) => name).filter((name) => name === 'ethernet' || name in is)
const camel = (words: string) => words.replace(/[.-]+([a-z])/gi, (_, letter: string) => letter.toUpperCase())

/** @throws ERR_BAD_OPTION, ERR_BAD_ADDRESS */
export function parseRewrite(text: string): Rewrite {
  const [, header, words, value] = /^([a-z0-9]+)\.([A-Za-z0-9.-]+)=(.+)$/.exec(text) ?? []
  if (header === undefined) throw bad(text, 'is none')
  if (!known().includes(header)) throw bad(text, `names no header of ${known().join(', ')}`)
  const fields = HEADERS.find(({ name }) => name === header)!.fields.filter(({ kind }) => kind !== 'bytes')
  const field = fields.find(({ name }) => name === camel(words))
  if (!field) {
    const names = fields.map(({ name }) => name)
    throw bad(text, `names no field; did you mean ${nearest(camel(words), names) ?? names.join(', ')}?`)
  }
  const { name, kind, width } = field
  if (kind === 'ipv4') return { header, field: name, values: [parseIpv4(value)] }
  if (kind === 'mac') return { header, field: name, values: [parseMac(value)] }
  if (kind === 'ipv6') return { header, field: name, values: [...parseIpv6(value)] }
  const number = /^(0x[\da-f]+|\d+)$/i.test(value) ? Number(value) : Number.NaN
  if (!(number < 2 ** width)) throw bad(text, `has a value that is not from 0 to ${2 ** width - 1}`)
  return { header, field: name, values: [number] }
}

type Setter = (p: Bytes, ...rest: number[]) => void

/** Changes a packet that has the header; checksums stay right. */
export function rewriter({ header, field, values }: Rewrite): (p: Bytes, at: At) => void {
  const space = { ...wire }[header as 'udp'] as unknown as Record<string, Setter>
  const set = space[`set${field[0].toUpperCase()}${field.slice(1)}`]
  if (header === 'ethernet') return (p) => set(p, ...values)
  const has = is[header as 'udp']
  return (p, at) => {
    if (has(at)) set(p, at, ...values)
  }
}
