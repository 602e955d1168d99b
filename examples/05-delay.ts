// A long wire: keeps every packet for a while, then sends it on. You will see ping take twice that time.
//   npx rxburst run examples/05-delay.ts afxdp:rxb-left afxdp:rxb-right --take-all --data 20
//   ip netns exec rxburst-left ping 10.77.0.2
import type { BurstHandler, Context, OwnedPacket } from 'rxburst'

interface Waiting {
  packet: OwnedPacket
  to: number
  due: number
}

export default ({ data: delayMs = 20, onTurn }: Context<number | undefined>): BurstHandler => {
  const wire: Waiting[] = []
  let now = performance.now()

  // Once per turn, also when nothing came: whose time has come goes.
  onTurn(() => {
    now = performance.now()
    for (let first = wire[0]; first && first.due <= now; first = wire[0]) {
      wire.shift()
      first.packet.send(first.to)
    }
  })

  return (burst) => {
    for (let i = 0; i < burst.count; i++) {
      const packet = burst.keep(i) // ours, until send() or release()
      if (packet) wire.push({ packet, to: burst.port ^ 1, due: now + delayMs })
    }
  }
}
