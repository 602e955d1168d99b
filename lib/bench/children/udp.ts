// UDP in C: the recvmmsg receiver and the echo as peers, and the client that measures every responder.
import { nativeBench, type UdpPeer } from '../native.js'
import type { DgramOrder } from './dgram.js'
import type { Orders } from './orders.js'

export interface PingOrder {
  from: string
  to: string
  port: number
  ms: number
  pauseUs: number
  bytes: number
  cpu: number
}

export default function udp(): Orders {
  let peer: UdpPeer | undefined
  return {
    start({ address, port, echo, cpu }: DgramOrder & { cpu: number }) {
      peer = new (nativeBench().UdpPeer)({ address, port, cpu, echo })
    },
    read: () => ({ at: performance.now(), packets: peer!.count(), gcs: 0 }),
    ping: ({ from, to, port, ms, pauseUs, bytes, cpu }: PingOrder) =>
      nativeBench().udpPing({ from, to, port, milliseconds: ms, pauseUs, bytes, cpu }),
  }
}
