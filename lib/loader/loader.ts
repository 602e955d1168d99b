// Gives a worker thread our module hooks (hooks.ts), on every Node and for every processor: one TypeScript everywhere.
import * as nodeModule from 'node:module'
import { RxburstError } from '../errors.js'
import { isNodeNewEnough, oldestNode } from '../package-root.js'
import * as hooks from './hooks.js'

/** Node 22.15 and 23.5 have it: hooks run in the thread itself. register() starts another thread for them. */
const { registerHooks } = nodeModule as { registerHooks?: (hooks: object) => void }

/** What this thread loads from here on goes through our hooks, and stacks name lines of the TypeScript source. */
export function useHooks(): void {
  if (!isNodeNewEnough())
    throw new RxburstError(
      'ERR_PROCESSOR',
      `Node ${oldestNode} or later is wanted, this is ${process.version}: nvm install --lts`,
    )
  process.setSourceMapsEnabled(true)
  if (registerHooks) registerHooks({ resolve: hooks.resolve, load: hooks.load })
  else nodeModule.register('./hooks.js', import.meta.url)
}
