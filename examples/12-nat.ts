// A NAT gateway: hosts behind port 0 reach those on port 1 by TCP, UDP and ping, all from one address (RFC 3022). The
// first packet of a connection is decided here; flows translate the others, both ways. You will see the server name
// that address.
//   npx rxburst run examples/12-nat.ts afxdp:rxb-left afxdp:rxb-right --take-all \
//     --data '{"inside": "10.77.0.9/24", "outside": "192.0.2.1/24"}'
//   ip netns exec rxburst-left ip route add 192.0.2.0/24 via 10.77.0.9
//   ip netns exec rxburst-right ip address add 192.0.2.2/24 dev eth0
//   ip netns exec rxburst-left curl http://192.0.2.2:8000/
// Two workers: --cpus 0,1 --directions meet, and "workers": 2 in the data. Both ports then have two queues and the
// symmetric RSS key. TCP and UDP find their worker; for ICMP the NIC may choose the other one.
import { BroadcastChannel } from 'node:worker_threads'
import type { BurstHandler, Context, FlowTable, OwnedPacket, Packet, Verdict } from 'rxburst'
import { DROP, dnat, endpoint, PARAM, perPacket, setMac, snat, ttl, tx } from 'rxburst'
import type { At } from 'rxburst/wire'
import {
  arp,
  ethernet,
  fill,
  flowHash,
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
 * An address with its subnet, such as 10.77.0.9/24; `gateway` is the router on the outside; at most `flows` senders of
 * each protocol in each worker; `workers` is a power of two; `idleMs` is in the place of the RFCs' times.
 */
type Config = {
  inside: string
  outside: string
  gateway?: string
  flows?: number
  workers?: number
  idleMs?: number
}

const MACS = [parseMac('02:00:00:00:00:0a'), parseMac('02:00:00:00:00:0b')]
const EVERYBODY = parseMac('ff:ff:ff:ff:ff:ff')
const INSIDE = 0
const OUTSIDE = 1
const FIRST_PORT = 1024
const PORTS = 65536 - FIRST_PORT
const TRIES = 64 // ports that are looked at for a new flow
const NEIGHBOURS_MAX = 4096
const WAITING_MAX = 256
const CLOSED_MS = 240_000 // of a connection that has ended, RFC 5382 section 5
const [FIN, RST] = [1, 4]
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

type Kind = typeof TCP
type Get = (packet: Packet, at: At) => number
type Set = (packet: Packet, at: At, value: number) => void
function side(from: Get, setFrom: Set, to: Get, setTo: Set) {
  return { from, setFrom, to, setTo }
}

type Sender = { key: number; address: number; port: number; outside: number; until: number }

/**
 * The hash of an address with a port, as a NIC with the symmetric key has it: that of a flow is the sum of both ends'.
 */
const rss = flowHash()
const hashOf = (address: number, port: number) => rss.ipv4(address, 0, port)

/**
 * The ports of the outside address, of one protocol. A sender inside keeps its port until its flows are silent; then
 * another may have it.
 */
class Ports {
  private readonly byKey = new Map<number, Sender>()
  private readonly byPort: (Sender | undefined)[] = []
  private next = 0

  constructor(
    private readonly most: number,
    readonly idleMs: number,
    private readonly suits: (outside: number, address: number, port: number) => boolean,
  ) {}

  /** Flows that go on are heard of so often. */
  get activeMs(): number {
    return Math.ceil(this.idleMs / 10)
  }

  /** A flow stands in its table a little longer than it may be silent. */
  private endOf(last: number, idleMs: number): number {
    return last + idleMs + this.activeMs + 3000
  }

  /** The sender inside with this address and port; undefined when all ports are in use. */
  senderAt(address: number, port: number, now: number): Sender | undefined {
    const key = address * 65536 + port
    const known = this.byKey.get(key)
    if (known) known.until = this.endOf(now, this.idleMs)
    return known ?? this.make(key, address, port, now)
  }

  private make(key: number, address: number, port: number, now: number): Sender | undefined {
    for (let tries = 0; tries < TRIES; tries++) {
      const outside = FIRST_PORT + this.next
      this.next = (this.next + 1) % this.most
      const old = this.byPort[outside]
      if ((old && now < old.until) || !this.suits(outside, address, port)) continue
      if (old) this.byKey.delete(old.key)
      const sender = { key, address, port, outside, until: this.endOf(now, this.idleMs) }
      this.byKey.set(key, sender)
      this.byPort[outside] = sender
      return sender
    }
    return undefined
  }

  /** The sender inside that has this port. */
  senderOf(port: number, now: number): Sender | undefined {
    const sender = this.byPort[port]
    if (!sender || now >= sender.until) return undefined
    sender.until = this.endOf(now, this.idleMs)
    return sender
  }

  /** A flow to this port has had its last packet then, or has closed. */
  heardOf(port: number, last: number, closed: boolean): void {
    const sender = this.byPort[port]
    if (!sender) return
    const until = this.endOf(last, this.idleMs)
    if (closed && sender.until <= until) sender.until = this.endOf(last, Math.min(CLOSED_MS, this.idleMs))
    else sender.until = Math.max(sender.until, until)
  }
}

const subnetOf = (text: string) => {
  const [address = '', bits = '32'] = text.split('/')
  return { own: parseIpv4(address), free: 32 - Number(bits) }
}

export default ({ data, alloc, flows, index, onTurn }: Context<Config>): BurstHandler => {
  const { workers = 1, flows: most = PORTS } = data
  const subnets = [subnetOf(data.inside), subnetOf(data.outside)]
  const gateway = data.gateway === undefined ? undefined : parseIpv4(data.gateway)
  const neighbours = [new Map<number, number>(), new Map<number, number>()] // MACs by address, of each port
  const waiting = [new Map<number, OwnedPacket>(), new Map<number, OwnedPacket>()] // the newest packet for an address without a MAC
  const ownOf = (port: number) => subnets[port]!.own
  const isNear = (port: number, address: number) => (address ^ ownOf(port)) >>> subnets[port]!.free === 0
  let now = monotonicMs()
  onTurn(() => {
    now = monotonicMs()
  })

  // A port with the hash of what it stands for brings the answers to the queue that the packets came by.
  const portsOf = ({ idleMs }: Kind) =>
    new Ports(Math.min(most, PORTS), data.idleMs ?? idleMs, (outside, address, port) => {
      return (hashOf(ownOf(OUTSIDE), outside) ^ hashOf(address, port)) % workers === 0
    })
  const translated = (kind: Kind) => {
    const ports = portsOf(kind)
    const { idleMs, activeMs } = ports
    const table = flows.shape('5tuple', { idleMs, activeMs, capacity: 2 * most })
    table.onEnded((ended) => {
      const sinceThen = Date.now() - monotonicMs()
      for (let i = 0; i < ended.count; i++) {
        const { port, destinationPort = 0 } = ended.key(i)
        if (port === OUTSIDE)
          ports.heardOf(destinationPort, ended.lastMs[i]! - sinceThen, ended.reason(i) === 'fin')
      }
    })
    return { ports, table }
  }
  // Ping has no port for flows to write: an identifier belongs to one worker.
  const pings = new Ports(
    Math.min(most, PORTS),
    data.idleMs ?? ECHO.idleMs,
    (outside) => outside % workers === index,
  )
  const kinds = new Map<Kind, { ports: Ports; table?: FlowTable }>([
    [TCP, translated(TCP)],
    [UDP, translated(UDP)],
    [ECHO, { ports: pings }],
  ])

  /** From now on flows do to packets of this connection, both ways, what the handler does to this one. */
  const delegate = (packet: Packet, at: At, kind: Kind, sender: Sender) => {
    const table = kinds.get(kind)?.table
    const ends = is.tcp(at) && tcp.flags(packet, at) & (FIN | RST)
    if (!table || ends) return
    const peer = (packet.port === INSIDE ? ipv4.destination : ipv4.source)(packet, at)
    const hop = isNear(OUTSIDE, peer) ? peer : gateway
    const inside = neighbours[INSIDE]!.get(sender.address)
    const outside = hop && neighbours[OUTSIDE]!.get(hop)
    if (inside === undefined || outside === undefined) return
    const mac = (port: number, dst: number) => setMac({ src: MACS[port]!, dst })
    const there = flows.action(mac(OUTSIDE, outside), snat(PARAM), ttl(), tx(OUTSIDE))
    const back = flows.action(mac(INSIDE, inside), dnat(PARAM), ttl(), tx(INSIDE))
    const { address, port } = sender
    if (packet.port === INSIDE) table.add(packet, there, endpoint(ownOf(OUTSIDE), sender.outside), back)
    else table.add(packet, back, endpoint(address, port), there)
  }

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

  const meet = (port: number, address: number, mac: number) => {
    const known = neighbours[port]!.get(address)
    if (known !== undefined && known !== mac) flows.invalidate() // actions have the MAC that it had
    if (known !== undefined || neighbours[port]!.size < NEIGHBOURS_MAX) neighbours[port]!.set(address, mac)
    const first = waiting[port]!.get(address)
    waiting[port]!.delete(address)
    if (first) ethernet.setDestination(first, mac)
    first?.send(port)
  }
  // ARP comes to one worker, and all want to know.
  const others = workers > 1 ? new BroadcastChannel('rxburst-nat') : undefined
  if (others) others.onmessage = ({ data }) => meet(...(data as [number, number, number]))
  others?.unref()

  const learn = (packet: Packet, at: At): Verdict => {
    const { port } = packet
    const [sender, mac] = [arp.senderProtocol(packet, at), arp.senderHardware(packet, at)]
    if (arp.targetProtocol(packet, at) !== ownOf(port) || !isNear(port, sender)) return DROP
    meet(port, sender, mac)
    others?.postMessage([port, sender, mac])
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
    const sender = kind && kinds.get(kind)?.ports.senderOf(kind.from(packet, cause), now)
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
      const sender = kinds.get(kind)?.ports.senderAt(ipv4.source(packet, at), kind.from(packet, at), now)
      if (!sender) return DROP // all ports are in use
      delegate(packet, at, kind, sender)
      ipv4.setSource(packet, at, ownOf(OUTSIDE))
      kind.setFrom(packet, at, sender.outside)
      return forward(packet, at, OUTSIDE)
    }
    if (ipv4.destination(packet, at) !== ownOf(OUTSIDE) || echo === ECHO_REQUEST) return DROP
    if (!kind) return is.icmp(at) ? error(packet, at) : DROP
    const sender = kinds.get(kind)?.ports.senderOf(kind.to(packet, at), now)
    if (!sender) return DROP
    delegate(packet, at, kind, sender)
    ipv4.setDestination(packet, at, sender.address)
    kind.setTo(packet, at, sender.port)
    return forward(packet, at, INSIDE)
  })
}
