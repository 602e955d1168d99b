// The accessors of one header as TypeScript: a function that reads and one that writes for each field.

/** Where the header begins, and the parameters that say so, for each start. `which` is the last parameter. */
const STARTS = {
  ethernet: { read: ['at?: At'], write: ['at?: At'], place: 'ethernet(p, at)', last: true },
  vlan: { read: ['at: At', 'n = 0'], write: ['at: At'], which: 'n = 0', place: 'vlan(p, at, n)' },
  mpls: { read: ['at: At', 'n = 0'], write: ['at: At'], which: 'n = 0', place: 'mpls(p, at, n)' },
  network: { read: ['at: At'], write: ['at: At'], place: 'network(p, at)' },
  transport: { read: ['at: At'], write: ['at: At'], place: 'transport(p, at)' },
  payload: { read: ['at: At'], write: ['at: At'], place: 'transport(p, at)', shift: 8 },
  place: { read: ['_at: At', 'place: number'], write: ['at: At'], which: 'place: number', place: 'place' },
}

/** The whole bytes that a field lies in: 8, 16 or 32 bits, the larger ones from an even byte on, as checksums count. */
export function unitOf({ bit, width }) {
  const last = bit + width
  const byte = bit >>> 3
  if (last <= (byte + 1) * 8) return { byte, bits: 8 }
  const even = byte & ~1
  if (last <= (even + 2) * 8) return { byte: even, bits: 16 }
  if (last <= (even + 4) * 8) return { byte: even, bits: 32 }
  throw new Error(`a field of ${width} bits at bit ${bit} lies in no 32 bits`)
}

const plus = (place, bytes) => (bytes === 0 ? place : `${place} + ${bytes}`)
const hex = (number) => `0x${number.toString(16)}`
const upper = (name) => name[0].toUpperCase() + name.slice(1)
export const setterOf = (name) => `set${upper(name)}`

const TYPES = { flag: 'boolean', bytes: 'ArrayLike<number>' }

// Two lengths are in a pseudo header too.
const LENGTHS = {
  'ipv4.totalLength': 'changeTotalLength',
  'ipv6.payloadLength': 'changePayloadLength',
  'udp.length': 'changeUdpLength',
}
// A checksum itself is written as it is.
const AS_IT_IS = new Set([
  'ipv4.headerChecksum',
  'udp.checksum',
  'tcp.checksum',
  'icmp.checksum',
  'icmpv6.checksum',
])

/** How a field is read and written, in code. */
function code(header, field) {
  const { place, shift = 0 } = STARTS[header.start]
  const name = `${header.name}.${field.name}`
  const covered = AS_IT_IS.has(name) ? 'none' : header.covered
  const writer = { none: 'plain', ipv4: 'header', transport: 'segment' }[covered]
  const put = (bits) => (writer === 'plain' && bits <= 32 ? `set${bits}` : `${writer}${bits}`)
  const args = (writes) => (writes.startsWith('set') || writes.startsWith('plain') ? 'p' : 'p, at')
  if (field.kind === 'bytes') {
    const room = field.width / 8
    const i = plus(place, shift + field.bit / 8)
    return { read: `copy(p, ${i}, ${room})`, write: `segmentBytes(p, at, ${i}, value, ${room})` }
  }
  if (field.kind === 'mac') {
    const i = plus(place, shift + field.bit / 8)
    const writes = put(48)
    return { read: `u48(p, ${i})`, write: `${writes}(${args(writes)}, ${i}, value)` }
  }
  const { byte, bits } = unitOf(field)
  const i = plus(place, shift + byte)
  const right = byte * 8 + bits - field.bit - field.width
  const mask = field.width === 32 ? 0xffffffff : 2 ** field.width - 1
  if (field.kind === 'ipv4') {
    const writes = name.startsWith('ipv4.') ? 'address32' : put(32)
    return { read: `u32(p, ${i})`, write: `${writes}(${args(writes)}, ${i}, value)` }
  }
  const writes = LENGTHS[name] ?? put(bits)
  const read = `u${bits}(p, ${i})`
  if (field.width === bits) {
    return {
      read: field.kind === 'signed' ? `(${read} << ${32 - bits}) >> ${32 - bits}` : read,
      write: `${writes}(${args(writes)}, ${i}, value)`,
    }
  }
  if (field.kind === 'flag') {
    const flag = hex(2 ** right)
    return {
      read: `(${read} & ${flag}) !== 0`,
      write: `const i = ${i}
        const rest = u${bits}(p, i) & ${hex((2 ** bits - 1 - 2 ** right) >>> 0)}
        ${writes}(${args(writes)}, i, value ? rest | ${flag} : rest)`,
    }
  }
  const shifted = right === 0 ? read : `(${read} >>> ${right})`
  const value = right === 0 ? `(value & ${hex(mask)})` : `((value & ${hex(mask)}) << ${right})`
  const rest = hex((2 ** bits - 1 - mask * 2 ** right) >>> 0)
  return {
    read: `${shifted} & ${hex(mask)}`,
    write: `const i = ${i}
      ${writes}(${args(writes)}, i, ((u${bits}(p, i) & ${rest}) | ${value})${bits === 32 ? ' >>> 0' : ''})`,
  }
}

const AS_WHAT = {
  mac: ', six bytes as one number',
  flag: '',
  bytes: ', copied',
  ipv4: ', as a number',
  signed: ', signed',
}

function docs(header, field) {
  const source = field.source || header.source
  const kind = AS_WHAT[field.kind] ?? ''
  return `${header.title}: ${wordsOf(field.name)}${kind}. ${field.note ? `${field.note} ` : ''}${source}.`
}

/** `sourcePort` as `source port`. */
export const wordsOf = (name) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const keeps = (header, field) => {
  const name = `${header.name}.${field.name}`
  if (AS_IT_IS.has(name)) return 'Written as it is.'
  const address = header.name === 'ipv4' || header.name === 'ipv6'
  if (address && (field.kind === 'ipv4' || field.kind === 'ipv6')) return 'Checksums follow (RFC 1624).'
  return { none: '', ipv4: 'The header checksum follows.', transport: 'The checksum of layer 4 follows.' }[
    header.covered
  ]
}

function ofIpv6(header, field) {
  const { read, write, which, place, shift = 0 } = STARTS[header.start]
  const i = plus(place, shift + field.bit / 8)
  const writes =
    header.name === 'ipv6' ? 'address128' : header.covered === 'transport' ? 'segment128' : 'plain128'
  const title = `${header.title}: ${wordsOf(field.name)}`
  const source = field.source || header.source
  const more = which ? [which] : []
  const [readAt] = read
  return `
/** ${title}, its 32 bits number \`word\`: 0 to 3. ${source}. */
export function ${field.name}(${['p: Bytes', ...read, 'word: number'].join(', ')}): number {
  return word >= 0 && word < 4 ? u32(p, ${i} + 4 * word) : 0
}
/** Byte of the packet where the address begins: formatIp(p, place) reads it there. ${source}. */
export function ${field.name}Place(${[place === 'place' ? '_p: Bytes' : 'p: Bytes', readAt === '_at: At' && place !== 'place' ? 'at: At' : readAt, ...read.slice(1)].join(', ')}): number {
  return ${i}
}
/** Sets the ${wordsOf(field.name)} to four times 32 bits. ${keeps(header, field)} */
export function ${setterOf(field.name)}(${['p: Bytes', ...write, 'a: number, b: number, c: number, d: number', ...more].join(', ')}): void {
  ${writes}(${writes === 'plain128' ? 'p' : 'p, at'}, ${i}, a, b, c, d)
}`
}

function ofField(header, field) {
  if (field.kind === 'ipv6') return ofIpv6(header, field)
  const { read, write, which, last } = STARTS[header.start]
  const { read: reads, write: writes } = code(header, field)
  const value = `value: ${TYPES[field.kind] ?? 'number'}`
  const result = field.kind === 'bytes' ? 'Uint8Array' : (TYPES[field.kind] ?? 'number')
  const place = which ? [which] : []
  const needsAt = /\bat\b/.test(writes)
  const at = write.map((one) => (needsAt ? one : `_${one}`))
  const parameters = last ? [value, ...write] : [...at, value, ...place]
  const kept = keeps(header, field)
  return `
/** ${docs(header, field)} */
export function ${field.name}(${['p: Bytes', ...read].join(', ')}): ${result} {
  return ${reads}
}
/** Sets the ${wordsOf(field.name)}.${kept ? ` ${kept}` : ''} */
export function ${setterOf(field.name)}(${['p: Bytes', ...parameters].join(', ')}): void {
  ${writes.trim()}
}`
}

const MODULES = {
  bytes: ['copy', 'set8', 'set16', 'set32', 'u8', 'u16', 'u32', 'u48'],
  places: ['ethernet', 'mpls', 'network', 'transport', 'vlan'],
  write: [
    'address128',
    'address32',
    'changePayloadLength',
    'changeTotalLength',
    'changeUdpLength',
    'header16',
    'header32',
    'header8',
    'plain128',
    'plain48',
    'segment128',
    'segment16',
    'segment32',
    'segment48',
    'segment8',
    'segmentBytes',
  ],
}

export function accessors(header) {
  const body = header.fields.map((field) => ofField(header, field)).join('\n')
  const used = ([, names]) =>
    names.filter((name) => new RegExp(`\\b${name}\\(`).test(body.replace(/export function \w+/g, '')))
  const modules = Object.entries(MODULES).filter((entry) => used(entry).length > 0)
  const imports = modules.map(([name]) => `import * as ${name} from '../${name}.js'`)
  const locals = modules.map((entry) => `const { ${used(entry).join(', ')} } = ${entry[0]}`)
  const start = JSON.stringify(header.bytes)
  return `// ${header.title}, ${header.source}: its fields by name. Generated from lib/wire/table by scripts/generate-wire.mjs: do not edit.
import type { At } from '../at.js'
import type { Bytes } from '../bytes.js'
${imports.join('\n')}

${locals.join('\n')}

/** Bytes of the fixed part. */
export const BYTES = ${start}
${body}
`
}
