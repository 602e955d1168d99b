// Protects the hosts behind its second port: sources on a list are dropped, and so are connections whose first packet
// never comes again, as those of a SYN flood don't. A client sends its first SYN again after a second; from then on its
// packets do not come here any more.
//   npx rxburst run examples/14-syn-flood.ts afxdp:rxb-left afxdp:rxb-right --take-all \
//     --data '{"block":["10.77.0.66"]}'
//   ip netns exec rxburst-right python3 -m http.server &
//   ip netns exec rxburst-left curl 10.77.0.2:8000
import { type BurstHandler, type Context, DROP, perPacket, tx } from 'rxburst'
import { flowHash, ipv4, is, Lpm4, locate, ports, tcp } from 'rxburst/wire'

const REMEMBERED = 2 ** 20 // first packets, of which a second of a large flood overwrites few

export default ({ data, flows }: Context<{ block: string[] } | undefined>): BurstHandler => {
  const sources = flows.shape('src', { capacity: 2 ** 18, idleMs: 60_000 })
  const forward = [flows.action(tx(1)), flows.action(tx(0))]
  const drop = flows.action(DROP)
  const blocked = Lpm4.create({ prefixes: 1000 })
  for (const prefix of data?.block ?? []) blocked.add(prefix, 1)
  const hash = flowHash()
  const seen = new Uint32Array(REMEMBERED) // the sequence number of the last SYN with that hash

  return perPacket((packet) => {
    const at = locate(packet)
    if (!is.ipv4(at)) return tx(packet.port ^ 1)
    if (packet.port === 1) return sources.add(packet, forward[1]!)
    const source = ipv4.source(packet, at)
    if (blocked.lookup(source) === 1) return sources.add(packet, drop)
    const asks = is.tcp(at) && tcp.syn(packet, at) && !tcp.ack(packet, at)
    if (!asks) return tx(1) // of a connection whose flow has ended: it goes on
    const both = ports(packet, at)
    const slot = hash.ipv4(source, ipv4.destination(packet, at), both >>> 16, both & 0xffff) % REMEMBERED
    const number = tcp.sequenceNumber(packet, at)
    if (seen[slot] === number) return sources.add(packet, forward[0]!)
    seen[slot] = number
    return DROP
  })
}
