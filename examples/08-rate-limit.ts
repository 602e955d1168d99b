// Joins two ports, and lets each IPv4 sender have ten packets a second, twenty at once. You will see ping lose answers
// when it asks faster.
//   npx rxburst run examples/08-rate-limit.ts afxdp:rxb-left afxdp:rxb-right --take-all
//   ip netns exec rxburst-left ping -c 100 -i 0.01 10.77.0.2
import { type BurstHandler, DROP, perPacket, tx } from 'rxburst'
import { flowHash, ipv4, is, locate, TokenBucket } from 'rxburst/wire'

export default (): BurstHandler => {
  const hash = flowHash()
  const senders = TokenBucket.create({ buckets: 4096, rate: 10, burst: 20 })

  return perPacket((packet) => {
    const at = locate(packet)
    const allowed = !is.ipv4(at) || senders.take(hash.ipv4(ipv4.source(packet, at), 0))
    return allowed ? tx(packet.port ^ 1) : DROP
  })
}
