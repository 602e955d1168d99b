// A NAT gateway: hosts behind port 0 reach those on port 1 by TCP, UDP and ping, all from one address (RFC 3022). You
// will see the server name that address.
//   npx rxburst run examples/12-nat.ts afxdp:rxb-left afxdp:rxb-right --take-all --data '{"inside": "10.77.0.9/24",
// "outside": "192.0.2.1/24"}'
//   ip netns exec rxburst-left ip route add 192.0.2.0/24 via 10.77.0.9
//   ip netns exec rxburst-right ip address add 192.0.2.2/24 dev eth0
//   ip netns exec rxburst-left curl http://192.0.2.2:8000/
import type { BurstHandler, Context, OwnedPacket, Packet, Verdict } from 'rxburst'
import { DROP, perPacket, tx } from 'rxburst'
import type { At } from 'rxburst/wire'
import {
  arp,
  ethernet,
  fill,
  icmp,
  ipv4,
  is,
  locate,
  monotonicMs,
  parseIpv4,
  parseMac,
  quoted,
  reply,
  setTransportChecksum,
  tcp,
  udp,
} from 'rxburst/wire'

/**
 * An address with its subnet, such as 10.77.0.9/24; `gateway` is the router on the outside; at most `flows` of each
 * protocol.
 */
type Config = { inside: string; outside: string; gateway?: string; flows?: number }

const MACS = [parseMac('02:00:00:00:00:0a'), parseMac('02:00:00:00:00:0b')]
const EVERYBODY = parseMac('ff:ff:ff:ff:ff:ff')
const INSIDE = 0
const OUTSIDE = 1
const FIRST_PORT = 1024
const PORTS = 65536 - FIRST_PORT
const TRIES = 64 // ports that are looked at for a new flow
const NEIGHBOURS_MAX = 4096
const WAITING_MAX = 256
const [ECHO_REPLY, ECHO_REQUEST, ASKED] = [0, 8, 1]

/** The fields of a protocol that tell flows apart, and how long one may be silent: RFC 5382, RFC 4787 and RFC 5508. */
const TCP = {
  ...side(tcp.sourcePort, tcp.setSourcePort, tcp.destinationPort, tcp.setDestinationPort),
  idleMs: 7_440_000,
}
const UDP = {
  ...side(udp.sourcePort, udp.setSourcePort, udp.destinationPort, udp.setDestinationPort),
  idleMs: 300_000,
}
const ECHO = {
  ...side(icmp.identifier, icmp.setIdentifier, icmp.identifier, icmp.setIdentifier),
  idleMs: 60_000,
}

type Get = (packet: Packet, at: At) => number
type Set = (packet: Packet, at: At, value: number) => void
function side(from: Get, setFrom: Set, to: Get, setTo: Set) {
  return { from, setFrom, to, setTo }
}

type Flow = { key: number; address: number; port: number; outside: number; seen: number }

/**
 * The ports of the outside address, of one protocol. A flow keeps its port until it is silent; then another may have
 * it.
 */
class Flows {
  private readonly byKey = new Map<number, Flow>()
  private readonly byPort: (Flow | undefined)[] = []
  private next = 0
  private readonly most: number
  private readonly idleMs: number

  constructor(most: number, idleMs: number) {
    this.most = Math.min(most, PORTS)
    this.idleMs = idleMs
  }

  /** The outside port of a sender inside; undefined when all are in use. */
  portOf(address: number, port: number, now: number): number | undefined {
    const key = address * 65536 + port
    const known = this.byKey.get(key)
    if (known) known.seen = now
    if (known) return known.outside
    for (let tries = 0; tries < TRIES; tries++) {
      const outside = FIRST_PORT + this.next
      this.next = (this.next + 1) % this.most
      const old = this.byPort[outside]
      if (old && now - old.seen < this.idleMs) continue
      if (old) this.byKey.delete(old.key)
      const flow = { key, address, port, outside, seen: now }
      this.byKey.set(key, flow)
      this.byPort[outside] = flow
      return outside
    }
    return undefined
  }

  /** The sender inside that has this port. */
  senderOf(port: number, now: number): Flow | undefined {
    const flow = this.byPort[port]
    if (!flow || now - flow.seen >= this.idleMs) return undefined
    flow.seen = now
    return flow
  }
}

const subnetOf = (text: string) => {
  const [address = '', bits = '32'] = text.split('/')
  return { own: parseIpv4(address), free: 32 - Number(bits) }
}

export default ({ data, alloc, onTurn }: Context<Config>): BurstHandler => {
  const subnets = [subnetOf(data.inside), subnetOf(data.outside)]
  const gateway = data.gateway === undefined ? undefined : parseIpv4(data.gateway)
  const flows = new Map([TCP, UDP, ECHO].map((kind) => [kind, new Flows(data.flows ?? PORTS, kind.idleMs)]))
  const neighbours = [new Map<number, number>(), new Map<number, number>()] // MACs by address, of each port
  const waiting = [new Map<number, OwnedPacket>(), new Map<number, OwnedPacket>()] // the newest packet for an address without a MAC
  const ownOf = (port: number) => subnets[port]!.own
  const isNear = (port: number, address: number) => (address ^ ownOf(port)) >>> subnets[port]!.free === 0
  let now = monotonicMs()
  onTurn(() => {
    now = monotonicMs()
  })

  const ask = (port: number, address: number) => {
    const request = alloc(60)
    if (!request) return
    fill(request, 'ethernet/arp', {
      ethernet: { destination: EVERYBODY, source: MACS[port]! },
      arp: { senderHardware: MACS[port]!, senderProtocol: ownOf(port), targetProtocol: address },
    })
    request.send(port)
  }

  const forward = (packet: Packet, at: At, port: number): Verdict => {
    const hops = ipv4.timeToLive(packet, at)
    const destination = ipv4.destination(packet, at)
    const hop = isNear(port, destination) ? destination : port === OUTSIDE ? gateway : undefined
    if (hops <= 1 || hop === undefined) return DROP
    ipv4.setTimeToLive(packet, at, hops - 1)
    ethernet.setSource(packet, MACS[port]!)
    const mac = neighbours[port]!.get(hop)
    if (mac !== undefined) {
      ethernet.setDestination(packet, mac)
      return tx(port)
    }
    ask(port, hop)
    const queue = waiting[port]!
    if (!queue.has(hop) && queue.size >= WAITING_MAX) return DROP
    queue.get(hop)?.release()
    queue.delete(hop)
    const kept = packet.keep()
    if (kept) queue.set(hop, kept)
    return packet.verdict
  }

  const learn = (packet: Packet, at: At): Verdict => {
    const { port } = packet
    const [sender, mac] = [arp.senderProtocol(packet, at), arp.senderHardware(packet, at)]
    if (arp.targetProtocol(packet, at) !== ownOf(port) || !isNear(port, sender)) return DROP
    if (neighbours[port]!.has(sender) || neighbours[port]!.size < NEIGHBOURS_MAX)
      neighbours[port]!.set(sender, mac)
    const first = waiting[port]!.get(sender)
    waiting[port]!.delete(sender)
    if (first) ethernet.setDestination(first, mac)
    first?.send(port)
    if (arp.operation(packet, at) !== ASKED) return DROP
    reply(packet, at, MACS[port]!)
    return tx(port)
  }

  /**
   * An ICMP error from outside quotes a packet as it left here. Its sender gets it as that packet was before (RFC 5508
   * section 4).
   */
  const error = (packet: Packet, at: At): Verdict => {
    const cause = quoted(packet, at)
    if (!is.ipv4(cause) || is.laterFragment(cause) || ipv4.source(packet, cause) !== ownOf(OUTSIDE))
      return DROP
    const kind = { 1: ECHO, 6: TCP, 17: UDP }[ipv4.protocol(packet, cause)]
    const sender = kind && flows.get(kind)?.senderOf(kind.from(packet, cause), now)
    if (!sender) return DROP
    ipv4.setSource(packet, cause, sender.address)
    kind.setFrom(packet, cause, sender.port)
    setTransportChecksum(packet, at)
    ipv4.setDestination(packet, at, sender.address)
    return forward(packet, at, INSIDE)
  }

  return perPacket((packet) => {
    const at = locate(packet)
    if (is.arp(at)) return learn(packet, at)
    if (!is.ipv4(at) || !is.whole(at) || is.fragment(at)) return DROP
    if (ethernet.destination(packet) !== MACS[packet.port]) return DROP
    const echo = is.icmp(at) ? icmp.type(packet, at) : -1
    const kind = is.tcp(at)
      ? TCP
      : is.udp(at)
        ? UDP
        : echo === ECHO_REQUEST || echo === ECHO_REPLY
          ? ECHO
          : undefined

    if (packet.port === INSIDE) {
      if (!kind || echo === ECHO_REPLY || !isNear(INSIDE, ipv4.source(packet, at))) return DROP
      const port = flows.get(kind)?.portOf(ipv4.source(packet, at), kind.from(packet, at), now)
      if (port === undefined) return DROP // all are in use
      ipv4.setSource(packet, at, ownOf(OUTSIDE))
      kind.setFrom(packet, at, port)
      return forward(packet, at, OUTSIDE)
    }
    if (ipv4.destination(packet, at) !== ownOf(OUTSIDE) || echo === ECHO_REQUEST) return DROP
    if (!kind) return is.icmp(at) ? error(packet, at) : DROP
    const sender = flows.get(kind)?.senderOf(kind.to(packet, at), now)
    if (!sender) return DROP
    ipv4.setDestination(packet, at, sender.address)
    kind.setTo(packet, at, sender.port)
    return forward(packet, at, INSIDE)
  })
}
