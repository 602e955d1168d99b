// Sends each datagram for UDP port 7 back to its sender (RFC 862). The address exists only here, so ARP is answered
// too.
//   npx rxburst run examples/10-udp-echo.ts afxdp:rxb-left --take-all --data '"10.77.0.9"'
//   echo hello | ip netns exec rxburst-left nc -u -W 1 10.77.0.9 7
import { type BurstHandler, type Context, DROP, perPacket, tx } from 'rxburst'
import { arp, ipv4, is, locate, parseIpv4, parseMac, reply, udp } from 'rxburst/wire'

const MAC = parseMac('02:00:00:00:00:09')

export default ({ data }: Context<string>): BurstHandler => {
  const address = parseIpv4(data)
  return perPacket((packet) => {
    const at = locate(packet)
    const asked = is.arp(at) && arp.operation(packet, at) === 1 && arp.targetProtocol(packet, at) === address
    const sent = is.ipv4(at) && ipv4.destination(packet, at) === address
    if (!asked && !(sent && is.udp(at) && udp.destinationPort(packet, at) === 7)) return DROP
    reply(packet, at, MAC)
    return tx(0)
  })
}
