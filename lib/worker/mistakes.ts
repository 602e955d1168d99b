// What a processor module most likely got wrong, said with the line to write. Only wrong programs pay for any of this.
import { Burst, Packet } from './burst.js'
import { makerOf } from './made-by.js'
import { PacketBytes } from './packet.js'
import type { Context } from './processor.js'
import { wordsOf } from './thrown.js'

const FACTORY = 'export default () => perPacket((packet) => tx(0)), or export default () => (burst) => { … }'

/** What is wrong about a default export, or ''. */
export function factoryProblem(value: unknown): string {
  if (typeof value !== 'function')
    return `a processor module has a default export, a function that returns the burst handler: ${FACTORY}`
  const maker = makerOf(value)
  return maker
    ? `its default export is the burst handler itself, which ${maker}() has made, and has to be a function that returns it: export default () => ${maker}(…)`
    : ''
}

/** What is wrong about what the factory returned, or ''. */
export function handlerProblem(value: unknown): string {
  if (typeof value === 'function') return ''
  return `its default export returned ${typeof value}, not a burst handler. It is called once in each worker, with the context, and returns the function that gets every burst: ${FACTORY}`
}

/**
 * A burst and a packet have these names, a context hasn't: a function that reads one takes the context for a burst or
 * packet.
 */
function trap(burst: Burst, bad: (what: string) => Error): object {
  const members = [Burst, Packet, PacketBytes].flatMap(({ prototype }) =>
    Object.getOwnPropertyNames(prototype),
  )
  const names = [...Object.keys(burst), ...members].filter((name) => name !== 'constructor')
  const get = (name: string) => () => {
    throw bad(
      `its default export reads '${name}' of the context, as if that were a burst or packet. It has to be a function that returns the burst handler: ${FACTORY}`,
    )
  }
  return Object.create({}, Object.fromEntries(names.map((name) => [name, { get: get(name) }])))
}

/**
 * The context for a factory, which notes two mistakes: to export the handler instead of the factory, and to count on
 * data that nobody gave.
 */
export function watched(
  context: Context,
  burst: Burst,
  bad: (what: string) => Error,
): { context: Context; hint: (thrown: unknown) => string } {
  Object.setPrototypeOf(context, trap(burst, bad))
  let missed = false
  if (context.data === undefined)
    Object.defineProperty(context, 'data', {
      enumerable: true,
      get: () => {
        missed = true
        return undefined
      },
    })
  const hint = (thrown: unknown) =>
    missed && /^TypeError: .*\bundefined\b/.test(wordsOf(thrown))
      ? `. context.data is undefined: give it with --data '{…}' on the command line, as workers: [{ queues, data }] in run()`
      : ''
  return { context, hint }
}

/** A burst is over when its handler returns, so there is nothing that an async one could wait for. */
export function refusePromise(returned: unknown, bad: (what: string) => Error): void {
  if (!(returned instanceof Promise)) return
  returned.catch(() => {}) // what it throws later is of no use any more
  throw bad(
    'the burst handler is async, but a burst is over when its handler returns. Give verdicts at once; packet.keep() keeps a packet for later',
  )
}
