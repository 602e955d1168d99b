// Lets the loop in C have the worker: it polls in native code until this thread has to look up from its work.
import type { BurstHandler, Context } from '../../worker/processor.js'
import { nativeBench } from '../native.js'

export default ({ data, onTurn }: Context<{ mode: string; flows?: number }>): BurstHandler => {
  const { cLoop, stamp } = nativeBench()
  onTurn(() => {
    if (data.flows) stamp(data.flows, 0)
    cLoop(data.mode)
  })
  return () => {} // the loop in C begins with this burst
}
