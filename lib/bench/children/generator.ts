// A traffic generator in a process of its own, inside the far host's namespace: started and halted as the rounds want
// it.
import { parseFlow } from '../../generate/flow.js'
import type { Generator } from '../../generate/generator.js'
import { openGenerator } from '../../generate/open.js'
import type { Orders } from './orders.js'

const SLICE_MS = 50

export interface GeneratorOrder {
  port: string
  flow: string
  size: number
  packetsPerSecond: number
  cpu: number
  toMac?: string
}

export default function generator(): Orders {
  let generator: Generator | undefined
  let halted = true
  let going: Promise<void> = Promise.resolve()
  let error: unknown
  const go = async () => {
    while (!halted) await generator!.send(Number.POSITIVE_INFINITY, SLICE_MS)
  }
  return {
    async open({ port, flow, ...order }: GeneratorOrder) {
      await generator?.close()
      generator = await openGenerator(port, { ...order, flow: parseFlow(flow) })
    },
    go() {
      halted = false
      going = go().catch((e) => {
        error = e
      })
    },
    async halt() {
      halted = true
      await going
      const failed = error
      error = undefined
      if (failed) throw failed
    },
  }
}
