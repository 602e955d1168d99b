// The peer that everyone has: node:dgram, counting datagrams or sending each back.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { PerformanceObserver } from 'node:perf_hooks'
import type { Orders } from './orders.js'

export interface DgramOrder {
  address: string
  port: number
  echo: boolean
}

export default function dgram(): Orders {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
  let packets = 0
  let gcs = 0
  new PerformanceObserver((list) => {
    gcs += list.getEntries().length
  }).observe({ entryTypes: ['gc'] })
  return {
    async start({ address, port, echo }: DgramOrder) {
      if (echo) socket.on('message', (message, from) => socket.send(message, from.port, from.address))
      else
        socket.on('message', () => {
          packets++
        })
      socket.bind(port, address)
      await once(socket, 'listening')
    },
    read: () => ({ at: performance.now(), packets, gcs }),
  }
}
