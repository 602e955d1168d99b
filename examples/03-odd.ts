// Looks at one packet at a time: forwards between two ports, except UDP to an odd port. You will see `dropped` grow
// with each.
//   npx rxburst run examples/03-odd.ts afxdp:rxb-left afxdp:rxb-right --take-all
//   ip netns exec rxburst-left bash -c 'for port in 1 2 3 4 5; do echo hi > /dev/udp/10.77.0.2/$port; done'
import { type BurstHandler, DROP, perPacket, tx } from 'rxburst'
import { is, locate, udp } from 'rxburst/wire'

export default (): BurstHandler =>
  perPacket((packet) => {
    const at = locate(packet)
    return is.udp(at) && udp.destinationPort(packet, at) & 1 ? DROP : tx(packet.port ^ 1)
  })
