// One packet as a line of text, as tcpdump prints it; addresses and ports are never resolved.
import type { CapturedPacket } from '../pcap/packet.js'
import type { Found, Value } from './found.js'

/** What a line shows beside the packet itself. */
export interface LineOptions {
  /** `-e`: the Ethernet header. */
  readonly link?: boolean
  /** `-v`: the fields of the IP header. */
  readonly verbose?: boolean
  /**
   * How many `-t`: none the time of day, 1 no time, 2 seconds since 1970, 3 since the packet before, 4 date and time.
   */
  readonly time?: number
}

/** The outermost value of a field. */
const first = (found: Found, name: string): Value | undefined => {
  const value = found.fields.get(name)
  return Array.isArray(value) ? value[0] : value
}
const number = (found: Found, name: string) => Number(first(found, name) ?? 0)
const has = (found: Found, layer: string) => found.layers.some(({ name }) => name === layer)

const two = (n: number) => String(n).padStart(2, '0')
const SECOND = 1_000_000_000n

function fraction(time: bigint): string {
  const ns = time % SECOND
  return ns % 1000n === 0n ? String(ns / 1000n).padStart(6, '0') : String(ns).padStart(9, '0')
}

/** The time in front of a line, in the machine's time zone. */
export function stamp(time: bigint | undefined, before: bigint | undefined, style: number): string {
  if (style === 1 || time === undefined) return ''
  if (style === 2) return `${time / SECOND}.${fraction(time)} `
  if (style === 3) {
    const delta = time - (before ?? time)
    return `${delta < 0n ? '-' : ''}${span(delta < 0n ? -delta : delta)} `
  }
  const date = new Date(Number(time / 1_000_000n))
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${fraction(time)} `
  if (style !== 4) return clock
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`
}

function span(time: bigint): string {
  const seconds = Number(time / SECOND)
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${fraction(time)}`
}

const FLAGS = [
  ['tcp.flags.syn', 'S'],
  ['tcp.flags.fin', 'F'],
  ['tcp.flags.reset', 'R'],
  ['tcp.flags.push', 'P'],
  ['tcp.flags.ack', '.'],
  ['tcp.flags.urg', 'U'],
  ['tcp.flags.ece', 'E'],
  ['tcp.flags.cwr', 'W'],
] as const

const ICMP: Readonly<Record<number, string>> = {
  0: 'echo reply',
  3: 'destination unreachable',
  5: 'redirect',
  8: 'echo request',
  11: 'time exceeded',
  12: 'parameter problem',
  13: 'time stamp query',
  14: 'time stamp reply',
}
const ICMPV6: Readonly<Record<number, string>> = {
  1: 'destination unreachable',
  2: 'packet too big',
  3: 'time exceeded',
  4: 'parameter problem',
  128: 'echo request',
  129: 'echo reply',
  133: 'router solicitation',
  134: 'router advertisement',
  135: 'neighbor solicitation',
  136: 'neighbor advertisement',
  137: 'redirect',
}

function tcpText(found: Found, payload: number): string {
  const flags = FLAGS.filter(([name]) => number(found, name) === 1)
    .map(([, letter]) => letter)
    .join('')
  const acknowledged = number(found, 'tcp.flags.ack') === 1 ? `, ack ${number(found, 'tcp.ack_raw')}` : ''
  const length = Math.max(0, payload - number(found, 'tcp.hdr_len'))
  return `Flags [${flags || 'none'}], seq ${number(found, 'tcp.seq_raw')}${acknowledged}, win ${number(found, 'tcp.window_size_value')}, length ${length}`
}

function echoText(
  found: Found,
  names: Readonly<Record<number, string>>,
  kind: string,
  payload: number,
): string {
  const type = number(found, `${kind}.type`)
  const [id, sequence] =
    kind === 'icmp' ? ['icmp.ident', 'icmp.seq'] : ['icmpv6.echo.identifier', 'icmpv6.echo.sequence_number']
  const echo = found.fields.has(id) ? `, id ${number(found, id)}, seq ${number(found, sequence)}` : ''
  return `${kind === 'icmp' ? 'ICMP' : 'ICMP6,'} ${names[type] ?? `type ${type}`}${echo}, length ${payload}`
}

/** What stands behind the outer IP header, which has so many bytes of payload. */
function payloadText(found: Found, at: number, payload: number): string {
  const next = found.layers[at + 1]?.name
  if (next === 'tcp') return tcpText(found, payload)
  if (next === 'udp') return `UDP, length ${Math.max(0, number(found, 'udp.length') - 8)}`
  if (next === 'icmp') return echoText(found, ICMP, 'icmp', payload)
  if (next === 'icmpv6') return echoText(found, ICMPV6, 'icmpv6', payload)
  if (next) return `${next.toUpperCase()}, length ${payload}`
  const proto = found.fields.get('ip.proto') ?? found.fields.get('ipv6.nxt') ?? '?'
  return `ip-proto-${Array.isArray(proto) ? proto[0] : proto}, length ${payload}`
}

function ipText(found: Found, at: number, { verbose }: LineOptions): string {
  const four = found.layers[at].name === 'ip'
  const [source, destination] = four ? ['ip.src', 'ip.dst'] : ['ipv6.src', 'ipv6.dst']
  const next = found.layers[at + 1]?.name ?? ''
  const ports = ['tcp', 'udp', 'sctp'].includes(next)
  const end = (address: string, port: string) =>
    `${first(found, address) ?? '?'}${ports && found.fields.has(port) ? `.${first(found, port)}` : ''}`
  const payload = four ? number(found, 'ip.len') - number(found, 'ip.hdr_len') : number(found, 'ipv6.plen')
  const line = `${end(source, `${next}.srcport`)} > ${end(destination, `${next}.dstport`)}: ${payloadText(found, at, payload)}`
  if (!verbose) return `${four ? 'IP' : 'IP6'} ${line}`
  return four ? `IP ${ipv4Detail(found)}\n    ${line}` : `IP6 ${ipv6Detail(found)} ${line}`
}

function ipv4Detail(found: Found): string {
  const flags = [
    ['ip.flags.rb', '+R'],
    ['ip.flags.df', 'DF'],
    ['ip.flags.mf', '+'],
  ]
    .filter(([name]) => number(found, name) === 1)
    .map(([, text]) => text)
    .join(', ')
  const parts = [
    `tos 0x${number(found, 'ip.dsfield').toString(16)}`,
    `ttl ${number(found, 'ip.ttl')}`,
    `id ${number(found, 'ip.id')}`,
    `offset ${number(found, 'ip.frag_offset') * 8}`,
    `flags [${flags || 'none'}]`,
    `proto ${number(found, 'ip.proto')}`,
    `length ${number(found, 'ip.len')}`,
  ]
  return `(${parts.join(', ')})`
}

const ipv6Detail = (found: Found) =>
  `(class 0x${number(found, 'ipv6.tclass').toString(16)}, flowlabel 0x${number(found, 'ipv6.flow').toString(16)}, hlim ${number(found, 'ipv6.hlim')}, next-header ${number(found, 'ipv6.nxt')}, payload length ${number(found, 'ipv6.plen')})`

function arpText(found: Found, length: number): string {
  const [sender, target] = [
    first(found, 'arp.src.proto_ipv4') ?? '?',
    first(found, 'arp.dst.proto_ipv4') ?? '?',
  ]
  const operation = number(found, 'arp.opcode')
  if (operation === 1) return `ARP, Request who-has ${target} tell ${sender}, length ${length}`
  if (operation === 2)
    return `ARP, Reply ${sender} is-at ${first(found, 'arp.src.hw_mac') ?? '?'}, length ${length}`
  return `ARP, operation ${operation}, length ${length}`
}

function linkText(found: Found, length: number): string {
  const type = found.fields.has('eth.type')
    ? `ethertype 0x${number(found, 'eth.type').toString(16).padStart(4, '0')}`
    : '802.3'
  return `${first(found, 'eth.src') ?? '?'} > ${first(found, 'eth.dst') ?? '?'}, ${type}, length ${length}: `
}

/** The whole line, without the time. */
export function lineOf(packet: CapturedPacket, found: Found, options: LineOptions): string {
  if (!has(found, 'eth')) return `link type ${packet.interface.linkType}, length ${packet.length}`
  const link = options.link ? linkText(found, packet.length) : ''
  const tags = [found.fields.get('ieee8021ad.id') ?? [], found.fields.get('vlan.id') ?? []].flat()
  const vlan = tags.length > 0 ? `vlan ${tags.join(', ')}, ` : ''
  const at = found.layers.findIndex(({ name }) => name === 'ip' || name === 'ipv6')
  if (at >= 0) return link + vlan + ipText(found, at, options)
  if (has(found, 'arp')) return link + vlan + arpText(found, packet.length - 14)
  const names = found.layers.map(({ name }) => name)
  return `${link}${vlan}${options.link ? '' : linkText(found, packet.length)}${names.slice(1).join(' ') || 'no known header'}`
}

/** Bytes in rows of 16, as `-x` shows them, or with their characters, as `-X` does. */
export function hexDump(bytes: Uint8Array, characters: boolean): string {
  const rows: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16)
    const words = Buffer.from(row)
      .toString('hex')
      .replace(/(.{4})(?=.)/g, '$1 ')
    const text = Array.from(row, (byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.')).join(
      '',
    )
    rows.push(
      `\t0x${at.toString(16).padStart(4, '0')}:  ${characters ? `${words.padEnd(39)}  ${text}` : words}`,
    )
  }
  return rows.join('\n')
}

/** Bytes as characters, as `-A` shows them: line ends and tabs stay, and a dot stands for what can't be shown. */
export const characters = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) =>
    (byte > 31 && byte < 127) || byte === 9 || byte === 10
      ? String.fromCharCode(byte)
      : byte === 13
        ? ''
        : '.',
  ).join('')
