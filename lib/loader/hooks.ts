// Module hooks of a worker: TypeScript is what esbuild makes of it, whatever the Node, and `rxburst` is this very
// package.
import { statSync } from 'node:fs'
import { isBuiltin, type LoadHook, type ResolveHook } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { findModule, toModule } from './transpile.js'

const index = new URL('../index.js', import.meta.url).href
const ours = new URL('..', import.meta.url).href
const isTypeScript = (url: string) => /^file:[^?#]*\.[cm]?ts(?:$|[?#])/.test(url)
const isPath = (specifier: string) => /^(?:\.{0,2}\/|\.{1,2}$|file:)/.test(specifier)
const isURL = (specifier: string) => /^[a-z][a-z0-9+.-]+:/i.test(specifier)

/** The file that TypeScript means and Node would not find; undefined: Node finds it, or nobody does. */
function meant(specifier: string, parentURL = ''): string | undefined {
  const typed = isTypeScript(parentURL)
  const run = parentURL.startsWith(ours) // the processor itself, as run() was told
  if (!typed && !run && (!parentURL.startsWith('file:') || parentURL.includes('/node_modules/'))) return
  const folder = dirname(fileURLToPath(parentURL))
  if (isPath(specifier)) {
    const url = new URL(specifier, parentURL)
    const there = statSync(url, { throwIfNoEntry: false })?.isFile()
    return there
      ? undefined
      : findModule(specifier.startsWith('file:') ? fileURLToPath(url) : specifier, folder)
  }
  // A package's own files are Node's to find.
  const file = typed && !isURL(specifier) && !isBuiltin(specifier) ? findModule(specifier, folder) : undefined
  return file?.includes('/node_modules/') ? undefined : file
}

/** `./parse.js` may be parse.ts on disk, as TypeScript wants it written; so may `./parse`, and what `paths` says. */
export const resolve: ResolveHook = (specifier, context, next) => {
  if (specifier === 'rxburst') return { url: index, shortCircuit: true }
  if (specifier.startsWith('rxburst/')) return next(specifier, { ...context, parentURL: index })
  const file = meant(specifier, context.parentURL)
  return file ? { url: pathToFileURL(file).href, shortCircuit: true } : next(specifier, context)
}

export const load: LoadHook = (url, context, next) =>
  isTypeScript(url)
    ? { format: 'module', source: toModule(fileURLToPath(url)), shortCircuit: true }
    : next(url, context)
