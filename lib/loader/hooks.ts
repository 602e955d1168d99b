// Module hooks of a worker: TypeScript files on Nodes that don't run them, and `rxburst` from anywhere.
import { existsSync, readFileSync } from 'node:fs'
import type { LoadHook, ResolveHook } from 'node:module'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'

const index = new URL('../index.js', import.meta.url).href
const isTypeScript = (url: string) => /^file:.*\.[cm]?ts$/.test(url)

/** `./parse.js` may be `./parse.ts` on disk, as TypeScript wants it written; `rxburst` is this very package. */
export const resolve: ResolveHook = (specifier, context, next) => {
  if (specifier === 'rxburst') return { url: index, shortCircuit: true }
  if (/^[./].*\.[cm]?js$/.test(specifier) && context.parentURL && isTypeScript(context.parentURL)) {
    const source = new URL(specifier.replace(/js$/, 'ts'), context.parentURL)
    if (!existsSync(new URL(specifier, context.parentURL)) && existsSync(source))
      return next(source.href, context)
  }
  return next(specifier, context)
}

export const load: LoadHook = (url, context, next) => {
  if (!isTypeScript(url)) return next(url, context)
  const file = fileURLToPath(url)
  const { code } = transformSync(readFileSync(file, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'es2022',
    sourcefile: file,
    sourcemap: 'inline',
  })
  return { format: 'module', source: code, shortCircuit: true }
}
