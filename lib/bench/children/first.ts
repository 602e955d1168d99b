// From nothing to the first packet: opens a port, or a socket, and says how long it took and how much memory it has.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { open } from '../../control/open/open.js'
import type { AnyOptions } from '../../control/open/options.js'
import { run } from '../../control/run.js'
import type { Orders } from './orders.js'

export interface FirstOrder {
  port?: { name: string; options?: AnyOptions }
  address?: { address: string; port: number }
  processor: string
  cpu: number
}

const LATE_MS = 5000

async function firstOfPort({ port, processor, cpu }: FirstOrder): Promise<number> {
  const from = performance.now()
  const opened = await open(port!.name, port!.options)
  const plane = await run(new URL(processor), {
    workers: [{ cpu, queues: [opened.queues[0]] }],
    idle: 'spin',
  })
  while (plane.snapshot().rx.packets === 0) {
    if (performance.now() - from > LATE_MS) throw new Error(`no packet in ${LATE_MS / 1e3} s`)
    await sleep(0)
  }
  const ms = performance.now() - from
  await plane.stop()
  await opened.close()
  return ms
}

async function firstOfSocket({ address }: FirstOrder): Promise<number> {
  const from = performance.now()
  const socket = createSocket('udp4')
  socket.bind(address!.port, address!.address)
  await once(socket, 'message', { signal: AbortSignal.timeout(LATE_MS) })
  return performance.now() - from
}

export default function first(): Orders {
  return {
    async first(order: FirstOrder) {
      const ms = await (order.port ? firstOfPort(order) : firstOfSocket(order))
      return { ms, rssMib: process.memoryUsage.rss() / 2 ** 20 }
    },
  }
}
