// A NAT gateway: hosts behind port 0 reach those on port 1 by TCP and UDP, all from one address (RFC 3022). You will see the server name that address.
//   npx rxburst run examples/12-nat.ts afxdp:rxb-left afxdp:rxb-right --take-all --data '{"inside": "10.77.0.9", "outside": "192.0.2.1"}'
//   ip netns exec rxburst-left ip route add 192.0.2.0/24 via 10.77.0.9
//   ip netns exec rxburst-right ip address add 192.0.2.2/24 dev eth0
//   ip netns exec rxburst-left curl http://192.0.2.2:8000/
import { type BurstHandler, type Context, DROP, type Packet, perPacket, tx } from 'rxburst'
import { arp, ethernet, fill, ipv4, is, locate, parseIpv4, parseMac, reply, tcp, udp } from 'rxburst/wire'

const MACS = [parseMac('02:00:00:00:00:0a'), parseMac('02:00:00:00:00:0b')]
const EVERYBODY = parseMac('ff:ff:ff:ff:ff:ff')
const INSIDE = 0
const OUTSIDE = 1
const FIRST_PORT = 1024
const PORTS = 65536 - FIRST_PORT

interface Flow {
  key: number
  address: number
  port: number
}

/** The ports of the outside address, of one protocol. When all are taken, the oldest flow loses its own. */
class Flows {
  private readonly byKey = new Map<number, number>()
  private readonly byPort: (Flow | undefined)[] = []
  private next = 0

  /** The outside port of a sender inside. */
  portOf(address: number, port: number): number {
    const key = address * 65536 + port
    const known = this.byKey.get(key)
    if (known !== undefined) return known
    const given = FIRST_PORT + this.next
    this.next = (this.next + 1) % PORTS
    const oldest = this.byPort[given]
    if (oldest) this.byKey.delete(oldest.key)
    this.byKey.set(key, given)
    this.byPort[given] = { key, address, port }
    return given
  }

  /** The sender inside that has this port. */
  senderOf(port: number): Flow | undefined {
    return this.byPort[port]
  }
}

export default ({ data, alloc }: Context<{ inside: string; outside: string }>): BurstHandler => {
  const addresses = [parseIpv4(data.inside), parseIpv4(data.outside)]
  const neighbours = [new Map<number, number>(), new Map<number, number>()] // MACs by address, of each port
  const [tcpFlows, udpFlows] = [new Flows(), new Flows()]

  const ask = (port: number, address: number) => {
    const request = alloc(60)
    if (!request) return
    fill(request, 'ethernet/arp', {
      ethernet: { destination: EVERYBODY, source: MACS[port]! },
      arp: { senderHardware: MACS[port]!, senderProtocol: addresses[port]!, targetProtocol: address },
    })
    request.send(port)
  }

  // All hosts are neighbours. The first packet for one whose MAC is unknown gets lost, and its sender sends it again.
  const forward = (packet: Packet, at: number, port: number) => {
    const hops = ipv4.timeToLive(packet, at)
    const mac = neighbours[port]!.get(ipv4.destination(packet, at))
    if (mac === undefined) ask(port, ipv4.destination(packet, at))
    if (mac === undefined || hops <= 1) return DROP
    ipv4.setTimeToLive(packet, at, hops - 1)
    ethernet.setDestination(packet, mac)
    ethernet.setSource(packet, MACS[port]!)
    return tx(port)
  }

  const answer = (packet: Packet, at: number) => {
    const { port } = packet
    neighbours[port]!.set(arp.senderProtocol(packet, at), arp.senderHardware(packet, at))
    if (arp.operation(packet, at) !== 1 || arp.targetProtocol(packet, at) !== addresses[port]) return DROP
    reply(packet, at, MACS[port]!)
    return tx(port)
  }

  return perPacket((packet) => {
    const at = locate(packet)
    if (is.arp(at)) return answer(packet, at)
    const ports = is.tcp(at) ? tcp : udp
    const flows = is.tcp(at) ? tcpFlows : udpFlows
    if (!is.ipv4(at) || is.fragment(at) || !(is.tcp(at) || is.udp(at))) return DROP
    if (ethernet.destination(packet) !== MACS[packet.port]) return DROP

    if (packet.port === INSIDE) {
      const port = flows.portOf(ipv4.source(packet, at), ports.sourcePort(packet, at))
      ipv4.setSource(packet, at, addresses[OUTSIDE]!)
      ports.setSourcePort(packet, at, port)
      return forward(packet, at, OUTSIDE)
    }
    const sender = flows.senderOf(ports.destinationPort(packet, at))
    if (!sender || ipv4.destination(packet, at) !== addresses[OUTSIDE]) return DROP
    ipv4.setDestination(packet, at, sender.address)
    ports.setDestinationPort(packet, at, sender.port)
    return forward(packet, at, INSIDE)
  })
}
