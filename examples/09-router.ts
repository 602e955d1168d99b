// A router of two subnets, one on each port. It routes by the longest prefix, answers and asks ARP, counts TTL down,
// and sends ICMP errors.
//   ip -n rxburst-left address add 10.1.0.2/24 dev eth0; ip -n rxburst-left route add default via 10.1.0.1
//   ip -n rxburst-right address add 10.2.0.2/24 dev eth0; ip -n rxburst-right route add default via 10.2.0.1
//   npx rxburst run examples/09-router.ts afxdp:rxb-left afxdp:rxb-right --take-all
//   ip netns exec rxburst-left traceroute -n 10.2.0.2
import type { BurstHandler, Context, OwnedPacket, Packet, Verdict } from 'rxburst'
import { DROP, perPacket, tx } from 'rxburst'
import type { At } from 'rxburst/wire'
import {
  arp,
  ethernet,
  fill,
  headerBytes,
  headerChecksumOk,
  icmp,
  inPrefix,
  ipv4,
  is,
  Lpm4,
  locate,
  networkPlace,
  parseIpv4,
  parsePrefix,
  reply,
} from 'rxburst/wire'

/** `via` is the router behind which the prefix lies; without it the prefix is the port's own subnet. */
type Route = { prefix: string; port: number; via?: string }
type Config = { addresses: string[]; routes: Route[] }

const DEFAULT: Config = {
  addresses: ['10.1.0.1', '10.2.0.1'],
  routes: [
    { prefix: '10.1.0.0/24', port: 0 },
    { prefix: '10.2.0.0/24', port: 1 },
  ],
}
const EVERYBODY = 0xffffffffffff
const [REQUEST, ECHO_REQUEST, UNREACHABLE, TIME_EXCEEDED] = [1, 8, 3, 11]

export default ({ data, ports, alloc }: Context<Config | undefined>): BurstHandler => {
  const { addresses, routes } = data ?? DEFAULT
  const own = addresses.map(parseIpv4)
  const macs = ports.map(({ mac = [] }) => Array.from(mac).reduce((sum, byte) => sum * 256 + byte, 0))
  const macOf = (port: number) => macs[port] ?? 0
  const addressOf = (port: number) => own[port] ?? 0
  const hops = routes.map(({ port, via }) => ({ port, via: via === undefined ? 0 : parseIpv4(via) }))
  const table = Lpm4.create({ prefixes: 1000 })
  for (const [n, { prefix }] of routes.entries()) table.add(prefix, n)
  const subnets = routes
    .filter(({ via }) => !via)
    .map(({ prefix, port }) => ({ port, of: parsePrefix(prefix) }))
  const neighbours = new Map<number, number>() // the MAC of each address
  const waiting = new Map<number, OwnedPacket>() // the newest packet for each address without a MAC (RFC 1122 section 2.3.2.2)

  const resolved = (packet: Packet | OwnedPacket, port: number, mac: number) => {
    ethernet.setDestination(packet, mac)
    ethernet.setSource(packet, macOf(port))
  }

  function ask(port: number, address: number): void {
    const packet = alloc(60)
    if (!packet) return
    fill(packet, 'ethernet/arp', {
      ethernet: { destination: EVERYBODY, source: macOf(port) },
      arp: {
        operation: REQUEST,
        senderHardware: macOf(port),
        senderProtocol: addressOf(port),
        targetProtocol: address,
      },
    })
    packet.send(port)
  }

  function learn(packet: Packet, at: At): Verdict {
    const [sender, port] = [arp.senderProtocol(packet, at), packet.port]
    if (arp.targetProtocol(packet, at) !== addressOf(port)) return DROP
    if (!subnets.some((subnet) => subnet.port === port && inPrefix(subnet.of, sender))) return DROP
    const mac = arp.senderHardware(packet, at)
    neighbours.set(sender, mac)
    const first = waiting.get(sender)
    if (first) resolved(first, port, mac)
    first?.send(port)
    waiting.delete(sender)
    if (arp.operation(packet, at) !== REQUEST) return DROP
    reply(packet, at, macOf(port))
    return tx(port)
  }

  /** Sends the packet's sender an ICMP error, which quotes the packet's header and the 8 bytes behind it. */
  function refuse(packet: Packet, at: At, type: number): Verdict {
    if (is.laterFragment(at) || (is.icmp(at) && icmp.type(packet, at) !== ECHO_REQUEST)) return DROP // RFC 1812 section 4.3.2.7
    const [begin, bytes] = [networkPlace(at), 4 * ipv4.headerLength(packet, at) + 8]
    const payload = packet.view().subarray(begin, begin + bytes)
    const error = alloc(Math.max(60, headerBytes('ethernet/ipv4/icmp') + payload.length))
    if (!error) return DROP
    fill(error, 'ethernet/ipv4/icmp', {
      ethernet: { destination: ethernet.source(packet), source: macOf(packet.port) },
      ipv4: { source: addressOf(packet.port), destination: ipv4.source(packet, at) },
      icmp: { type, code: 0, identifier: 0, sequenceNumber: 0 },
      payload,
    })
    error.send(packet.port)
    return DROP
  }

  return perPacket((packet) => {
    const at = locate(packet)
    if (is.arp(at)) return learn(packet, at)
    if (!is.ipv4(at) || !is.whole(at) || !headerChecksumOk(packet, at)) return DROP
    if (ethernet.destination(packet) !== macOf(packet.port)) return DROP
    const destination = ipv4.destination(packet, at)
    if (own.includes(destination)) {
      if (!is.icmp(at) || icmp.type(packet, at) !== ECHO_REQUEST) return DROP
      reply(packet, at)
      return tx(packet.port)
    }
    const timeToLive = ipv4.timeToLive(packet, at)
    if (timeToLive <= 1) return refuse(packet, at, TIME_EXCEEDED)
    const hop = hops[table.lookup(destination)]
    if (!hop) return refuse(packet, at, UNREACHABLE)
    ipv4.setTimeToLive(packet, at, timeToLive - 1)
    const next = hop.via || destination
    const mac = neighbours.get(next)
    if (mac !== undefined) {
      resolved(packet, hop.port, mac)
      return tx(hop.port)
    }
    ask(hop.port, next)
    waiting.get(next)?.release()
    waiting.delete(next)
    const kept = packet.keep()
    if (kept) waiting.set(next, kept)
    return packet.verdict
  })
}
