// Lets the loop in C have the worker: it polls in native code until this thread has to look up from its work.
import { native } from '../../native.js'
import type { BurstHandler, Context } from '../../worker/processor.js'

export default ({ data, onTurn }: Context<{ mode: string }>): BurstHandler => {
  onTurn(() => native.bench.cLoop(data.mode))
  return () => {} // the loop in C begins with this burst
}
