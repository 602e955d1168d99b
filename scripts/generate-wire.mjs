// Writes what is made from the table of fields (lib/wire/table): the accessors, native/wire/fields.gen.h, docs/wire.md.
// With --check it fails, and names the files, when that would change any.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { accessors } from './wire/accessors.mjs'
import { constants } from './wire/constants.mjs'
import { reference } from './wire/reference.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = 'lib/wire/fields'

async function table() {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'lib/wire/table/table.ts')],
    bundle: true,
    write: false,
    format: 'esm',
  })
  return (await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)).HEADERS
}

function formatted(program, words, input) {
  const { status, stdout, stderr, error } = spawnSync(program, words, { cwd: root, encoding: 'utf8', input })
  if (error) throw new Error(`${program}: ${error.message}; ./scripts/setup installs it`)
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} failed:\n${stderr}`)
  return stdout
}

const biome = join(root, 'node_modules/.bin/biome')
const CUT = '// ---- next file ----\n'

/** One run of the formatter for all files: each start of it costs more than the formatting. */
function typescript(files) {
  const all = files.map(([, text]) => text).join(CUT)
  const parts = formatted(biome, ['format', `--stdin-file-path=${FOLDER}/all.gen.ts`], all).split(CUT)
  return files.map(([name], n) => [name, `${parts[n].trim()}\n`])
}

const headers = await table()
const wanted = new Map([
  ...typescript(headers.map((header) => [`${FOLDER}/${header.name}.gen.ts`, accessors(header)])),
  [
    'native/wire/fields.gen.h',
    formatted('clang-format', ['--assume-filename=native/wire/fields.gen.h'], constants(headers)),
  ],
  ['docs/wire.md', reference(headers, readFileSync(join(root, 'scripts/wire/introduction.md'), 'utf8'))],
])

const read = (name) => {
  try {
    return readFileSync(join(root, name), 'utf8')
  } catch {
    return ''
  }
}

if (process.argv.includes('--check')) {
  const stale = [...wanted].filter(([name, text]) => read(name) !== text).map(([name]) => name)
  const extra = readdirSync(join(root, FOLDER)).map((name) => `${FOLDER}/${name}`)
  stale.push(...extra.filter((name) => !wanted.has(name)))
  if (stale.length > 0) {
    console.error(`${stale.join(', ')}: not what lib/wire/table says: node scripts/generate-wire.mjs`)
    process.exit(1)
  }
} else
  for (const [name, text] of wanted) {
    mkdirSync(join(root, name, '..'), { recursive: true })
    if (read(name) !== text) writeFileSync(join(root, name), text)
  }
