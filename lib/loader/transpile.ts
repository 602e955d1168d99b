// What esbuild does for the module hooks: JavaScript from a TypeScript file, and the file that an import means.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type { TransformFailure, TransformOptions } from 'esbuild'

const require = createRequire(import.meta.url)
const THREADS = 'ESBUILD_WORKER_THREADS'
let loaded: typeof import('esbuild') | undefined

/**
 * Loaded when first needed. esbuild would keep a thread and a process for each of our threads; told not to, it starts
 * its program for each file and leaves nothing behind.
 */
function esbuild(): typeof import('esbuild') {
  if (loaded) return loaded
  const before = process.env[THREADS]
  process.env[THREADS] = '0'
  try {
    loaded = require('esbuild') as typeof import('esbuild')
  } finally {
    if (before === undefined) delete process.env[THREADS]
    else process.env[THREADS] = before
  }
  return loaded
}

// Names that only CommonJS has. They are there in every TypeScript file: a .cts, `import x = require()`.
const COMMON_JS = `import { createRequire as rxburst$require } from 'node:module'
import { fileURLToPath as rxburst$path } from 'node:url'
const rxburst$ = {
  require: rxburst$require(import.meta.url),
  filename: rxburst$path(import.meta.url),
  dirname: rxburst$path(new URL('.', import.meta.url)).slice(0, -1),
}`

/** An ES module of a TypeScript file, with its source map. No tsconfig.json counts: the same code on every machine. */
export function toModule(file: string): string {
  const text = readFileSync(file, 'utf8')
  const options: TransformOptions = {
    loader: 'ts',
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    sourcefile: file,
    sourcemap: 'inline',
    tsconfigRaw: {},
    define: {
      require: 'rxburst$.require',
      __filename: 'rxburst$.filename',
      __dirname: 'rxburst$.dirname',
    },
    ...(/\b(?:require|__filename|__dirname)\b/.test(text) ? { banner: COMMON_JS } : {}),
  }
  try {
    return esbuild().transformSync(text, options).code
  } catch (error) {
    throw readable(error as TransformFailure, file)
  }
}

/** The compiler's first complaint, with the place as stacks have it. */
function readable(failure: TransformFailure, file: string): Error {
  const first = failure.errors?.[0]
  if (!first?.location) return failure
  const { line, column, lineText } = first.location
  const error = new SyntaxError(`${file}:${line}:${column + 1}: ${first.text}`)
  error.stack = `${error.name}: ${error.message}\n${lineText}`
  return error
}

const EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json']

/**
 * The file that an import of a file in `folder` means as TypeScript sees it: with another extension, with none, in a
 * folder's index, or by the `paths` of the nearest tsconfig.json. Undefined: none.
 */
export function findModule(specifier: string, folder: string): string | undefined {
  try {
    const { metafile } = esbuild().buildSync({
      stdin: { contents: `import ${JSON.stringify(specifier)}`, loader: 'ts', resolveDir: folder },
      absWorkingDir: '/',
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
      resolveExtensions: EXTENSIONS,
      loader: Object.fromEntries(EXTENSIONS.map((extension) => [extension, 'empty'])),
    })
    const { path, external } = metafile.inputs['<stdin>'].imports[0]
    return external ? undefined : resolve('/', path)
  } catch {
    return undefined // Node says what it misses
  }
}
