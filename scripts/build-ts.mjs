// Builds dist/ from lib/ and examples/, and makes the command line runnable; then the WebAssembly examples and the report's page.
import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')

rmSync(`${root}dist`, { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [tsc, '-p', root], { stdio: 'inherit' })
if (status !== 0) process.exit(1)
chmodSync(`${root}dist/lib/cli/main.js`, 0o755) // tsc sets no run bit, and npx in a checkout needs it
await import('./build-wasm.mjs')
await import('./build-page.mjs')
