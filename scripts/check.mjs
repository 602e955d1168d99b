// Formatters, linter and compilers of both languages, warnings as errors, and the rules of the house: one line each,
// and what failed below it. Words as arguments choose the checks whose names have one of them: npm run check -- imports
// generated
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const bin = (name) => join(root, 'node_modules/.bin', name)

const native = readdirSync(join(root, 'native'), { recursive: true })
  .filter((name) => /\.(cc|h)$/.test(name) && !name.includes('build/'))
  .map((name) => join('native', name))
  .sort()

const CXX = ['c++', '-fsyntax-only', '-std=c++17', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden']
const ADDON = [
  '-DNAPI_VERSION=9',
  '-DNAPI_DISABLE_CPP_EXCEPTIONS',
  '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  '-isystem',
  resolve(process.execPath, '../../include/node'),
  '-isystem',
  require('node-addon-api').include_dir,
]

const checks = [
  { name: 'TypeScript, formatter and linter (biome)', argv: [bin('biome'), 'check', '--error-on-warnings'] },
  { name: 'TypeScript, compiler (tsc)', argv: [bin('tsc'), '-p', '.', '--noEmit'] },
  { name: 'TypeScript, compiler (tests)', argv: [bin('tsc'), '-p', 'test'] },
  {
    name: 'TypeScript, direction of imports (dependency-cruiser)',
    argv: [bin('depcruise'), '--config', '.dependency-cruiser.mjs', 'lib'],
  },
  {
    name: 'generated files (lib/layout.gen.ts)',
    argv: [process.execPath, 'scripts/generate-layout.mjs', '--check'],
  },
  {
    name: 'generated files (lib/wire/fields, native/wire/fields.gen.h, docs/wire.md)',
    argv: [process.execPath, 'scripts/generate-wire.mjs', '--check'],
  },
  { name: 'docstrings (docs/api.md)', argv: [process.execPath, 'scripts/generate-api.mjs', '--check'] },
  {
    name: 'prose of README, ARCHITECTURE, CONTRIBUTING, SECURITY and docs',
    argv: [process.execPath, 'scripts/check-prose.mjs'],
  },
  { name: 'messages of errors in lib and native', argv: [process.execPath, 'scripts/check-messages.mjs'] },
  { name: 'C++, direction of includes', argv: [process.execPath, 'scripts/check-includes.mjs'] },
  { name: 'C++, order of backends', argv: [process.execPath, 'scripts/check-backends.mjs'] },
  { name: 'rooms of at most 16 files', argv: [process.execPath, 'scripts/check-rooms.mjs'] },
  { name: 'files of at most 400 lines', argv: [process.execPath, 'scripts/check-lengths.mjs'] },
  { name: 'C++, formatter (clang-format)', argv: ['clang-format', '--dry-run', '-Werror', ...native] },
  { name: 'C++, compiler (core)', argv: [...CXX, ...ADDON, 'native/addon.cc'] },
  { name: 'C++, compiler (bench)', argv: [...CXX, ...ADDON, 'native/bench/bench.cc'] },
  { name: 'C++, compiler (DPDK)', argv: [...CXX, ...libdpdk(), 'native/dpdk/dpdk.cc'] },
]

// DPDK's own headers are not warned about.
function libdpdk() {
  const { stdout } = spawnSync('pkg-config', ['--cflags', 'libdpdk'], { encoding: 'utf8' })
  const flags = (stdout ?? '').split(/\s+/).filter(Boolean)
  return ['-DALLOW_EXPERIMENTAL_API', ...flags.map((flag) => flag.replace(/^-I/, '-isystem'))]
}

function run({ name, argv }) {
  return new Promise((done) => {
    const [program, ...rest] = argv
    const child = spawn(program, rest, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        output += data
      })
    child.on('error', (error) => {
      output += `${error.message}: scripts/setup installs it`
    })
    child.on('close', (status) => {
      console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${name}`)
      if (status !== 0) console.log(output.trimEnd())
      done(status === 0)
    })
  })
}

const words = process.argv.slice(2)
const chosen = checks.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
if (chosen.length === 0) {
  console.error(
    `no check is called ${words.join(' or ')}; there are:\n${checks.map(({ name }) => `  ${name}`).join('\n')}`,
  )
  process.exit(1)
}
const results = []
for (const check of chosen) results.push(await run(check))
process.exitCode = results.every(Boolean) ? 0 : 1
