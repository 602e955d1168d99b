// A host that exists only here: tells its address in a packet of its own, then answers ARP and ping. No kernel has that address.
//   npx rxburst run examples/04-reply.ts afxdp:rxb-left --take-all --data '"10.77.0.9"'
//   ip netns exec rxburst-left ping 10.77.0.9
import { type BurstHandler, type Context, DROP, type OwnedPacket, type Packet, perPacket, tx } from 'rxburst'

const ETHERNET = { destination: 0, source: 6, type: 12 }
const ARP = { type: 0x0806, operation: 20, senderMac: 22, senderIp: 28, targetMac: 32, targetIp: 38 }
const IPV4 = { type: 0x0800, protocol: 23, source: 26, destination: 30 }
const ICMP = { protocol: 1, type: 34, checksum: 36, reply: 0, request: 8 }

export default ({ data, ports, alloc, onTurn }: Context<string>): BurstHandler => {
  const address = data.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const ours = ports[0]?.mac ?? [2, 0, 0, 0, 0, 9]

  // "10.77.0.9 is at …", to everybody, once: a fresh packet, filled and sent.
  let told = false
  onTurn(() => {
    const packet = told ? null : alloc(60)
    if (!packet) return
    packet.set([255, 255, 255, 255, 255, 255, ...ours, 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 2])
    fillArp(packet)
    packet.send(0)
    told = true
  })

  const fillArp = (packet: Packet | OwnedPacket): void => {
    packet.set(ours, ARP.senderMac)
    packet.u32(ARP.senderIp, address)
  }

  const answerTo = (packet: Packet): void => {
    for (let i = 0; i < 6; i++) packet.u8(ETHERNET.destination + i, packet.u8(ETHERNET.source + i))
    packet.set(ours, ETHERNET.source)
  }

  const arp = (packet: Packet) => {
    if (packet.u16(ARP.operation) !== 1 || packet.u32(ARP.targetIp) !== address) return DROP
    answerTo(packet)
    packet.u16(ARP.operation, 2)
    for (let i = 0; i < 10; i++) packet.u8(ARP.targetMac + i, packet.u8(ARP.senderMac + i))
    fillArp(packet)
    return tx(0)
  }

  const echo = (packet: Packet) => {
    if (packet.u8(IPV4.protocol) !== ICMP.protocol || packet.u8(ICMP.type) !== ICMP.request) return DROP
    answerTo(packet)
    packet.u32(IPV4.destination, packet.u32(IPV4.source))
    packet.u32(IPV4.source, address)
    // Only the type changes, from 8 to 0, so the checksum grows by 0x0800 in ones' complement (RFC 1624).
    const sum = packet.u16(ICMP.checksum) + 0x0800
    packet.u16(ICMP.checksum, (sum & 0xffff) + (sum >>> 16))
    packet.u8(ICMP.type, ICMP.reply)
    return tx(0)
  }

  return perPacket((packet) => {
    const type = packet.u16(ETHERNET.type)
    if (type === ARP.type) return arp(packet)
    return type === IPV4.type && packet.u32(IPV4.destination) === address ? echo(packet) : DROP
  })
}
