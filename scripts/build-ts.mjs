// Builds dist/ from lib/ and examples/, and makes the command line runnable; then the bundles, the WebAssembly examples
// and the report's page. What has not changed since the last time is left as it is.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
const SEEN = `${root}build/tsconfig.tsbuildinfo`

// What tsc has seen, it does not write again: so all of dist/ has to be there, as tsc wrote it.
const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs
const built = (dir) =>
  existsSync(`${root}dist/${dir}`)
    ? readdirSync(`${root}dist/${dir}`, { recursive: true }).map((name) => `${dir}/${name}`)
    : []
const sources = ['lib', 'examples'].flatMap((dir) =>
  readdirSync(`${root}${dir}`, { recursive: true }).map((name) => `${dir}/${name}`),
)
const complete = sources
  .filter((name) => name.endsWith('.ts') && !name.startsWith('examples/wasm/'))
  .every((name) => changed(`${root}dist/${name.replace(/\.ts$/, '.js')}`) <= changed(SEEN))
if (!complete) {
  rmSync(`${root}dist`, { recursive: true, force: true })
  rmSync(SEEN, { force: true })
}
const OUTPUT = /(\.d\.ts|\.js|\.js\.map)$/
for (const name of ['lib', 'examples'].flatMap(built))
  if (OUTPUT.test(name) && !name.includes('.bundle.') && !existsSync(root + name.replace(OUTPUT, '.ts')))
    rmSync(`${root}dist/${name}`)

const { status } = spawnSync(
  process.execPath,
  [tsc, '-p', root, '--incremental', '--tsBuildInfoFile', SEEN],
  { stdio: 'inherit' },
)
if (status !== 0) process.exit(1)
chmodSync(`${root}dist/lib/cli/main.js`, 0o755) // tsc sets no run bit, and npx in a checkout needs it
await import('./build-bundle.mjs')
utimesSync(SEEN, new Date(), new Date()) // the modules in bundles have been written after tsc
await import('./build-wasm.mjs')
await import('./build-page.mjs')
