// Puts packets on two loop ports that feed each other, then is the processor named in `inner`.
import type { BurstHandler, Context, Processor } from '../../worker/processor.js'

const PACKETS = 128

export default async (context: Context<{ url: string; mode: string }>): Promise<BurstHandler> => {
  const { default: inner } = (await import(context.data.url)) as { default: Processor<never> }
  let left = PACKETS
  context.onTurn(() => {
    if (left === 0) return
    for (let packet = context.alloc(64); packet && left > 0; packet = --left > 0 ? context.alloc(64) : null)
      packet.send(left & 1)
  })
  return inner(context as Context<never>)
}
