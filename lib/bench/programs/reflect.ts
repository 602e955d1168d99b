// Sends every packet out of the port that it came from, untouched: any number of ports, each for itself.
import type { BurstHandler } from '../../worker/processor.js'
import { tx } from '../../worker/verdict.js'

export default (): BurstHandler => (burst) => burst.setAll(tx(burst.port))
