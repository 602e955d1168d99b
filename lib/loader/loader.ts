// Decides whether a processor module needs our module hooks (hooks.ts); they cost a thread, so not without need.
import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { packageRoot } from '../native.js'

const runsTypeScript = Boolean((process.features as { typescript?: unknown }).typescript)

/** Whether `import 'rxburst'` in that module finds this very package. */
function findsUs(url: URL): boolean {
  try {
    return (
      realpathSync(createRequire(url).resolve('rxburst/package.json')) ===
      realpathSync(`${packageRoot}package.json`)
    )
  } catch {
    return false
  }
}

/** True for TypeScript where Node doesn't run it, and where 'rxburst' would be nothing or another copy. */
export function needsHooks(url: URL): boolean {
  return (!runsTypeScript && /\.[cm]?ts$/.test(url.pathname)) || !findsUs(url)
}
