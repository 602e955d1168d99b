// A host that exists only here: tells its address in a packet of its own, then answers ARP and ping. No kernel has that
// address.
//   npx rxburst run examples/04-reply.ts afxdp:rxb-left --take-all --data '"10.77.0.9"'
//   ip netns exec rxburst-left ping 10.77.0.9
import { type BurstHandler, type Context, DROP, perPacket, tx } from 'rxburst'
import { arp, fill, icmp, ipv4, is, locate, parseIpv4, parseMac, reply } from 'rxburst/wire'

const EVERYBODY = parseMac('ff:ff:ff:ff:ff:ff')
const ECHO_REQUEST = 8

export default ({ data, ports, alloc, onTurn }: Context<string>): BurstHandler => {
  const address = parseIpv4(data)
  const mac = Array.from(ports[0]?.mac ?? [2, 0, 0, 0, 0, 9]).reduce((sum, byte) => sum * 256 + byte, 0)

  // "10.77.0.9 is at …", to everybody, once: a fresh packet, filled and sent.
  let told = false
  onTurn(() => {
    const packet = told ? null : alloc(60)
    if (!packet) return
    fill(packet, 'ethernet/arp', {
      ethernet: { destination: EVERYBODY, source: mac },
      arp: { operation: 2, senderHardware: mac, senderProtocol: address, targetProtocol: address },
    })
    packet.send(0)
    told = true
  })

  return perPacket((packet) => {
    const at = locate(packet)
    const isArp = is.arp(at) && arp.operation(packet, at) === 1 && arp.targetProtocol(packet, at) === address
    const isPing =
      is.icmp(at) && icmp.type(packet, at) === ECHO_REQUEST && ipv4.destination(packet, at) === address
    if (!isArp && !isPing) return DROP
    reply(packet, at, mac)
    return tx(0)
  })
}
