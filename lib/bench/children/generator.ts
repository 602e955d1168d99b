// A traffic generator in a process of its own, inside the far host's namespace: started and halted as the rounds want
// it.
import { parseFlow } from '../../generate/flow.js'
import type { Generator } from '../../generate/generator.js'
import { openGenerator } from '../../generate/open.js'
import type { Orders } from './orders.js'

const SLICE_MS = 50

export interface GeneratorOrder {
  port: string
  /** Each with its source ports; they take turns, a round of all source ports each. */
  flows: string[]
  size: number
  packetsPerSecond: number
  cpu: number
  toMac?: string
}

const roundOf = ({ flow: { fromPorts } }: Generator) => fromPorts[1] - fromPorts[0] + 1

export default function generator(): Orders {
  let generators: Generator[] = []
  let halted = true
  let going: Promise<void> = Promise.resolve()
  let error: unknown
  const go = async () => {
    const [only, ...others] = generators
    while (!halted) {
      if (others.length === 0) await only.send(Number.POSITIVE_INFINITY, SLICE_MS)
      else for (const each of generators) await each.send(roundOf(each), SLICE_MS)
    }
  }
  return {
    async open({ port, flows, ...order }: GeneratorOrder) {
      for (const each of generators) await each.close()
      generators = []
      for (const flow of flows)
        generators.push(await openGenerator(port, { ...order, flow: parseFlow(flow) }))
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
