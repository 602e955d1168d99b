// A switch: it learns at which port each station is, and sends to it there. You will see hosts behind all its ports
// ping each other, and no packet come here twice, until a station appears or moves.
//   npx rxburst run examples/16-switch.ts afxdp:rxb-left afxdp:rxb-right --take-all
//   ip netns exec rxburst-left ping 10.77.0.2
import type { BurstHandler, Context } from 'rxburst'
import { DROP, mirror, perPacket, tx } from 'rxburst'
import { ethernet } from 'rxburst/wire'

export default ({ ports, flows }: Context): BurstHandler => {
  const table = flows.shape('mac', { idleMs: 300_000 })
  const to = ports.map(({ index }) => flows.action(tx(index)))
  const flood = ports.map(({ index }) => {
    const [first, ...others] = ports.filter((port) => port.index !== index)
    return flows.action(...others.map((port) => mirror(port)), first ? tx(first) : DROP)
  })
  const drop = flows.action(DROP)
  const stations = new Map<number, number>() // the port of each MAC

  return perPacket((packet) => {
    const from = packet.port
    const station = ethernet.source(packet)
    if (stations.get(station) !== from) {
      stations.set(station, from)
      flows.invalidate() // what was flooded, or went where it was before, is asked about again
    }
    const at = stations.get(ethernet.destination(packet))
    return table.add(packet, at === undefined ? flood[from]! : at === from ? drop : to[at]!)
  })
}
