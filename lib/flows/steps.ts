// The steps of a flow's action: what happens to each of its packets, in order, with the verdict at the end. Each step
// is checked here and written as the record that native/flows/steps/compile_action.cc reads.
import { checkInteger, checkKeys, RxburstError } from '../errors.js'
import { layout } from '../layout.gen.js'
import { parseIp, parseMac } from '../wire/addresses.js'
import type { Verdict } from '../worker/verdict.js'

const PORTS = layout.limits.portsMax
export const STEP_BYTES = 24
const SET_MAC = 1
const DNAT = 2
const SNAT = 3
const TTL = 4
const VLAN_PUSH = 5
const VLAN_POP = 6
const ENCAP = 7
const METER = 8
const MIRROR = 9
const PEEK = 10
export const END = 255
const FIRST = 1
const SECOND = 2
const ENCAP_MIN = 14
const ENCAP_MAX = 128
const RATE_MAX = 1e15
const PORT_MAX = 0xffff
const IPV4_MAX = 0xffff_ffff

/** Stands for what each flow brings along: the `param` of `add()`. An action may use it once. */
export const PARAM: unique symbol = Symbol('PARAM')
/** The type of PARAM. */
export type Param = typeof PARAM

/** A MAC: text, six bytes such as `port.mac`, or the number that accessors give. */
export type MacLike = string | ArrayLike<number> | number

/** One step of an action. DROP, PASS and tx(port) are steps too: they end an action. */
export interface FlowStep {
  /** The name of the function that made it. */
  readonly name: string
  /** The record for native code, and what follows it. */
  readonly code: Uint8Array
  /** Whether a flow's parameter fills a part of it. */
  readonly param: boolean
  /** Index of a port to which it sends, or -1. */
  readonly port: number
}

/** A part of an action. */
export type Step = FlowStep | Verdict

const bad = (message: string) => new RxburstError('ERR_BAD_ACTION', message)

interface Parts {
  readonly kind: number
  readonly fields?: number
  readonly param?: number
  readonly family?: number
  readonly number?: number
  readonly port?: number
}

function step(name: string, { kind, fields = 0, param = 0, family = 0, number = 0, port = -1 }: Parts) {
  const code = new Uint8Array(STEP_BYTES)
  code.set([kind, fields, param, family, number >>> 8, number & 0xff])
  return { name, code, param: param !== 0, port }
}

/** With up to 16 bytes in its place for addresses and rates. */
function stepWith(name: string, parts: Parts, bytes: Uint8Array): FlowStep {
  const made = step(name, parts)
  made.code.set(bytes, 8)
  return made
}

/**
 * Ends an action: each packet of the flow is shown to the handler, and the table only counts. Not a verdict: a handler
 * gives one of its own.
 */
export const SHOW: FlowStep = step('SHOW', { kind: END, number: layout.verdicts.STAGE })

/**
 * Writes MACs.
 * @param macs `dst` and `src`: text, six bytes, a number, or PARAM; one of them at least
 * @throws ERR_BAD_ACTION, ERR_BAD_OPTION, ERR_BAD_ADDRESS
 */
export function setMac(macs: { dst?: MacLike | Param; src?: MacLike | Param }): FlowStep {
  checkKeys('setMac()', macs, ['dst', 'src'])
  const { dst, src } = macs
  if (dst === undefined && src === undefined)
    throw bad('setMac() writes dst, src or both, and was given neither')
  const bytes = new Uint8Array(16)
  const fields = (dst === undefined ? 0 : FIRST) | (src === undefined ? 0 : SECOND)
  const param = (dst === PARAM ? FIRST : 0) | (src === PARAM ? SECOND : 0)
  if (dst !== undefined && dst !== PARAM) bytes.set(macBytes(dst), 0)
  if (src !== undefined && src !== PARAM) bytes.set(macBytes(src), 6)
  return stepWith('setMac', { kind: SET_MAC, fields, param }, bytes)
}

function macBytes(mac: MacLike): Uint8Array {
  const number =
    typeof mac === 'number' ? checkInteger('a MAC as a number', mac, 0, 2 ** 48 - 1) : parseMac(mac)
  return Uint8Array.from({ length: 6 }, (_, i) => Math.floor(number / 256 ** (5 - i)) & 0xff)
}

/** Where dnat() and snat() send packets to, or say that they come from. */
export interface Endpoint {
  /** IPv4 or IPv6 as text; the flow's packets are of that version. PARAM: IPv4, of endpoint(). */
  ip?: string | Param
  /** TCP or UDP port. */
  port?: number | Param
}

/**
 * Writes the destination of TCP and UDP packets: address, port or both. The checksums follow by RFC 1624; a UDP
 * checksum of 0 stays 0.
 * `dnat(PARAM)` takes both of them from endpoint(). A packet that has no such field is shown to the handler.
 * @throws ERR_BAD_ACTION, ERR_BAD_OPTION, ERR_BAD_ADDRESS
 */
export const dnat = (to: Endpoint | Param): FlowStep => translate('dnat', DNAT, to)

/**
 * Writes the source, as dnat() writes the destination.
 * @throws ERR_BAD_ACTION, ERR_BAD_OPTION, ERR_BAD_ADDRESS
 */
export const snat = (from: Endpoint | Param): FlowStep => translate('snat', SNAT, from)

function translate(name: string, kind: number, to: Endpoint | Param): FlowStep {
  if (to === PARAM) to = { ip: PARAM, port: PARAM }
  checkKeys(`${name}()`, to, ['ip', 'port'])
  const { ip, port } = to
  if (ip === undefined && port === undefined)
    throw bad(`${name}() writes ip, port or both, and was given neither`)
  const fields = (ip === undefined ? 0 : FIRST) | (port === undefined ? 0 : SECOND)
  const param = (ip === PARAM ? FIRST : 0) | (port === PARAM ? SECOND : 0)
  const bytes = ip === undefined || ip === PARAM ? new Uint8Array(0) : addressBytes(ip)
  const family = ip === undefined ? 0 : bytes.length === 16 ? 6 : 4
  const number = port === undefined || port === PARAM ? 0 : checkInteger(`${name}: port`, port, 0, PORT_MAX)
  return stepWith(name, { kind, fields, param, family, number }, bytes)
}

function addressBytes(text: string): Uint8Array {
  const address = parseIp(text)
  const words = typeof address === 'number' ? [address] : [...address]
  return Uint8Array.from(words.flatMap((word) => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff)))
}

/**
 * The parameter of a flow whose action has dnat(PARAM) or snat(PARAM): an IPv4 address and a port in one number.
 * @param ip text, or the number that accessors give
 * @param port 0 where the action takes no port from it
 * @throws ERR_BAD_ADDRESS for an IPv6 address too: a number has no room for one
 */
export function endpoint(ip: string | number, port = 0): number {
  const address =
    typeof ip === 'number' ? checkInteger('an IPv4 address as a number', ip, 0, IPV4_MAX) : parseIp(ip)
  if (typeof address !== 'number')
    throw new RxburstError(
      'ERR_BAD_ADDRESS',
      `an endpoint has an IPv4 address, not ${ip}: a parameter has no room for IPv6; make an action for each address`,
    )
  return address * 65536 + checkInteger('the port of an endpoint', port, 0, PORT_MAX)
}

/** Lowers the TTL or hop limit by one. A packet with a TTL of 1 or 0 is shown to the handler instead. */
export const ttl = (): FlowStep => step('ttl', { kind: TTL })

/**
 * Puts an 802.1Q tag in front of the tags that a packet has.
 * @param tci the tag's 16 bits: 3 of priority, 1 drop eligible, 12 of the VLAN id; or PARAM
 * @throws ERR_BAD_OPTION
 */
export const vlanPush = (tci: number | Param): FlowStep =>
  tci === PARAM
    ? step('vlanPush', { kind: VLAN_PUSH, param: FIRST })
    : step('vlanPush', { kind: VLAN_PUSH, number: checkInteger('the tag of vlanPush()', tci, 0, 0xffff) })

/** Takes the outer tag away. A packet without one is shown to the handler. */
export const vlanPop = (): FlowStep => step('vlanPop', { kind: VLAN_POP })

/**
 * Puts the headers of a tunnel in front of each packet, beginning with an Ethernet header, as template() builds them.
 * The lengths of the outer IP and UDP headers and IPv4's checksum are written for each packet; so is a UDP checksum
 * that is not 0 in `headers`. Behind IP in IP, and GRE that says IPv4 or IPv6, a packet goes without its own Ethernet
 * header.
 * @param headers 14 to 128 bytes, copied
 * @throws ERR_BAD_ACTION
 */
export function encap(headers: Uint8Array): FlowStep {
  if (!(headers instanceof Uint8Array) || headers.length < ENCAP_MIN || headers.length > ENCAP_MAX)
    throw bad(`encap() takes a Uint8Array of ${ENCAP_MIN} to ${ENCAP_MAX} bytes, an Ethernet header first`)
  const made = step('encap', { kind: ENCAP, number: headers.length })
  const code = new Uint8Array(STEP_BYTES + headers.length)
  code.set(made.code)
  code.set(headers, STEP_BYTES)
  return { ...made, code }
}

/** How much a meter lets through: packets or bits a second, one of the two. */
export interface MeterOptions {
  /** Packets a second. Default none: then `bps` is given. */
  pps?: number
  /** Bits a second, of whole frames. Default none: then `pps` is given. */
  bps?: number
  /** How many may come at once: packets with `pps`, bytes with `bps`. */
  burst: number
}

/**
 * A token bucket, which all flows of the action share in this worker. The excess is dropped and counted as `metered`.
 * @throws ERR_BAD_ACTION, ERR_BAD_OPTION
 */
export function meter(options: MeterOptions): FlowStep {
  checkKeys('meter()', options, ['pps', 'bps', 'burst'])
  const { pps, bps, burst } = options
  if ((pps === undefined) === (bps === undefined))
    throw bad('meter() takes a rate in pps or in bps, and exactly one of them')
  const rate = positive('the rate of meter()', pps ?? (bps as number)) / (bps === undefined ? 1 : 8)
  const bytes = new Uint8Array(Float64Array.of(rate, positive('the burst of meter()', burst)).buffer)
  return stepWith('meter', { kind: METER, fields: bps === undefined ? 0 : FIRST }, bytes)
}

function positive(what: string, value: unknown): number {
  if (typeof value === 'number' && value >= 1 && value <= RATE_MAX) return value
  throw new RxburstError('ERR_BAD_OPTION', `${what} is a number from 1 to ${RATE_MAX}, not ${String(value)}`)
}

/**
 * Sends a copy of the packet, as the steps before have left it, out of another port. Without a free frame the copy is
 * counted and left out.
 * @param port the port's index in `context.ports`, or the port itself
 * @throws ERR_BAD_ACTION
 */
export function mirror(port: number | { readonly index: number }): FlowStep {
  const index = typeof port === 'number' ? port : port?.index
  if (!Number.isInteger(index) || index < 0 || index >= PORTS)
    throw bad(`mirror() takes a port of context.ports or its index, 0 to ${PORTS - 1}`)
  return step('mirror', { kind: MIRROR, number: index, port: index })
}

/**
 * Shows every n-th packet of the action to the handler, which decides about it as about any other.
 * @throws ERR_BAD_OPTION
 */
export const peek = (every: number): FlowStep =>
  stepWith(
    'peek',
    { kind: PEEK },
    new Uint8Array(Uint32Array.of(checkInteger('the n of peek()', every, 1, 0xffff_ffff)).buffer),
  )
