// run(), without the work: that is loaded when a processor is run, so that `import 'rxburst'` stays cheap.
import type { DataPlane } from './data-plane.js'
import type { RunOptions } from './run-options.js'

/**
 * Runs a processor: binds the queues, and lets packets in last, when every worker polls.
 * @param processor URL or path of a module whose default export is a {@link Processor}: TypeScript or JavaScript
 * @param given workers and their queues, and options
 * @returns the data plane, when every worker polls
 * @throws the first worker's error, ERR_PORT_LOST, ERR_REQUIRE, ERR_BAD_OPTION; then nothing is left open
 * @example
 * ```ts
 * import { open, run } from 'rxburst'
 *
 * const left = await open('loop:left', { peer: 'right' })
 * const right = await open('loop:right', { peer: 'left' })
 * const plane = await run(new URL('./odd.js', import.meta.url), {
 *   workers: [{ cpu: 1, queues: [left.queue(0), right.queue(0)], data: { limit: 100 } }],
 *   handleSignals: true,
 * })
 * await plane.done
 * ```
 */
export async function run(processor: URL | string, given: RunOptions): Promise<DataPlane> {
  const { runProcessor } = await import('./run-processor.js')
  return runProcessor(processor, given)
}
