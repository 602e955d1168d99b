// Where the DPDK backend lies: in a checkout's own build folder; an installed package's in the user's cache, which
// outlives `npm ci`.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, sep } from 'node:path'
import { packageRoot, packageVersion } from './package-root.js'

export const dpdkSources = join(packageRoot, 'native/dpdk')
export const BUILT = 'build/Release/rxburst_dpdk.node'
const require = createRequire(import.meta.url)
const LINKERS_CACHE = '/etc/ld.so.cache'

/** Whether npm put this package where it is, and takes it away again. */
export const isInstalled = packageRoot.split(sep).includes('node_modules')

/** With a folder for each build, named after what it was built from and DPDK's ABI; '' for users without a home. */
export function dpdkCache(): string {
  const { XDG_CACHE_HOME = '', HOME = '' } = process.env
  if (isAbsolute(XDG_CACHE_HOME)) return join(XDG_CACHE_HOME, 'rxburst/dpdk')
  return isAbsolute(HOME) ? join(HOME, '.cache/rxburst/dpdk') : ''
}

/** The native sources without what was built from them, as paths below native/. */
export const isSource = (path: string): boolean =>
  /\.(cc|h|gyp)$/.test(path) && !path.split(sep).includes('build')

/**
 * Names what a module is built from: the version alone would not tell two packages that were packed from a checkout.
 */
function sourcesKey(): string {
  const folder = join(packageRoot, 'native')
  // Loaded here, because `import 'rxburst'` would wait some milliseconds for it.
  const { createHash } = require('node:crypto') as typeof import('node:crypto')
  const hash = createHash('sha256')
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(isSource).sort())
    hash.update(`${path}\0`).update(readFileSync(join(folder, path)))
  return `${packageVersion}-${hash.digest('hex').slice(0, 12)}-${process.arch}-abi`
}

/** DPDK's ABI that a module was linked to, by the soname that it needs: librte_eal.so.23 is that of 22.11. */
function abiOf(file: string): string {
  return /librte_eal\.so\.(\d+)/.exec(readFileSync(file, 'latin1'))?.[1] ?? 'none'
}

/** The place in the cache for a module that was just built. */
export const placeOf = (built: string): string =>
  join(dpdkCache(), `${sourcesKey()}${abiOf(built)}`, 'rxburst_dpdk.node')

/** Nobody but this user and root can have written it: it is about to be run, perhaps with privilege. */
function isTrusted(file: string): boolean {
  const { uid, mode } = statSync(file, { throwIfNoEntry: false }) ?? { uid: -1, mode: 0 }
  return (uid === 0 || uid === process.geteuid?.()) && (mode & 0o022) === 0
}

/** The module to load; where there is none, a path at which none lies. */
export function findDpdkModule(): string {
  const own = join(dpdkSources, BUILT)
  const cache = dpdkCache()
  if (!isInstalled || !existsSync(cache)) return own
  const key = sourcesKey()
  const built = readdirSync(cache)
    .filter((name) => name.startsWith(key))
    .map((name) => ({ abi: name.slice(key.length), file: join(cache, name, 'rxburst_dpdk.node') }))
    .filter(({ file }) => isTrusted(file))
  // After an upgrade of the system there may be builds for two; the linker's cache says which of them is here.
  const known = built.length > 1 && existsSync(LINKERS_CACHE) ? readFileSync(LINKERS_CACHE, 'latin1') : ''
  const here = built.find(({ abi }) => known.includes(`librte_eal.so.${abi}\0`))
  return (here ?? built[0])?.file ?? own
}
