// rxburst/testing: a processor in a unit test, without ports and without privilege. Bytes go in, verdicts and bytes
// come out, synchronously.
import { RxburstError } from '../errors.js'
import { useHooks } from '../loader/loader.js'
import { factoryProblem } from '../worker/mistakes.js'
import type { BurstHandler, Processor } from '../worker/processor.js'
import { handlerOf, Tester, type TestOptions } from './tester.js'

export type { Received } from './columns.js'
export { type Outcome, type Sent, Tester, type TestOptions } from './tester.js'

/**
 * Tries out a processor: the default export of its module.
 * @throws ERR_PROCESSOR when it is no factory, returns no handler, or is async: that one wants load()
 */
export function tester<Data = unknown>(processor: Processor<Data>, options: TestOptions<Data> = {}): Tester {
  return new Tester(options, (context) => handlerOf(processor, context))
}

let hooked = false

/**
 * Loads a processor's module, in TypeScript or JavaScript, as a worker does on every Node, and tries it out. Its
 * factory may be async.
 * @param processor URL of the module, or a factory
 * @throws ERR_PROCESSOR when its default export is no factory or returns no handler; what the module or the factory
 * throws
 */
export async function load<Data = unknown>(
  processor: URL | string | Processor<Data>,
  options: TestOptions<Data> = {},
): Promise<Tester> {
  const factory = typeof processor === 'function' ? processor : await defaultExport(String(processor))
  const problem = factoryProblem(factory)
  if (problem) throw new RxburstError('ERR_PROCESSOR', `the processor: ${problem}`)
  let made: BurstHandler | Promise<BurstHandler> | undefined
  let handler: BurstHandler | undefined
  const tried = new Tester(options, (context) => {
    made = (factory as Processor)(context as never)
    return (burst) => (handler as BurstHandler)(burst)
  })
  const finished = await made
  handler = handlerOf(() => finished, undefined as never)
  return tried
}

async function defaultExport(url: string): Promise<unknown> {
  if (!hooked) useHooks()
  hooked = true
  const module = (await import(url)) as { default?: unknown }
  return module.default
}
