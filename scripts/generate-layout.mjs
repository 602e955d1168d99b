// Writes lib/layout.gen.ts from native/abi/layout.h; with --check it fails, and names the file, when that would change
// it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const SOURCE = 'native/abi/print_layout.cc'
const TARGET = 'lib/layout.gen.ts'

function run(program, words, input = '') {
  const { status, stdout, stderr, error } = spawnSync(program, words, { cwd: root, encoding: 'utf8', input })
  if (error) throw new Error(`${program}: ${error.message}; ./scripts/setup installs it`)
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} failed:\n${stderr}`)
  return stdout
}

function tables() {
  const folder = mkdtempSync(join(tmpdir(), 'rxburst-layout-'))
  try {
    const program = join(folder, 'print_layout')
    run('c++', ['-std=c++17', '-o', program, SOURCE])
    return JSON.parse(run(program, []))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const { number, ...layout } = tables()
const text = `// Limits, words, counters, columns and error codes. Generated from native/abi/layout.h: do not edit.

export const layout = ${JSON.stringify(layout)} as const

/** The addon states the same number, or it is of another build. */
export const LAYOUT_NUMBER = ${number}
`
const formatted = ['format', `--stdin-file-path=${TARGET}`]
const wanted = run(join(root, 'node_modules/.bin/biome'), formatted, text)

if (process.argv.includes('--check')) {
  let found = ''
  try {
    found = readFileSync(join(root, TARGET), 'utf8')
  } catch {}
  if (found !== wanted) {
    console.error(
      `${TARGET} is not what ${SOURCE} and native/abi/layout.h say: node scripts/generate-layout.mjs`,
    )
    process.exit(1)
  }
} else writeFileSync(join(root, TARGET), wanted)
