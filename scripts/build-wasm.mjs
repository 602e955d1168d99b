// Builds the WebAssembly examples, beside their sources and in dist/: AssemblyScript always, C where clang and lld are
// installed.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const from = join(root, 'examples/wasm')
const to = join(root, 'dist/examples/wasm')

const asc = join(dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')), 'bin/asc.js')
const shared = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536']
const commands = [
  [
    process.execPath,
    [
      asc,
      join(from, 'macswap.as.ts'),
      '-o',
      join(from, 'macswap.as.wasm'),
      '-O3',
      '--runtime',
      'stub',
      ...shared,
      '--enable',
      'simd',
      '--enable',
      'threads',
    ],
  ],
  [
    'clang',
    [
      ...[
        '--target=wasm32-unknown-emscripten',
        '-fPIC',
        '-O3',
        '-ffreestanding',
        '-nostdlib',
        '-I',
        join(root, 'native/abi'),
      ],
      ...['-msimd128', '-mbulk-memory', '-matomics', '-Wall', '-Werror'],
      '-Wl,--no-entry,--experimental-pic,-shared,-Bsymbolic,--import-memory,--shared-memory,--max-memory=4294967296',
      ...['-o', join(from, 'macswap.wasm'), join(from, 'macswap.c')],
    ],
  ],
]

/** A program is built again when its source is newer, or the script. */
const fresh = (words) => {
  const [output, source] = ['.wasm', /\.(as\.ts|c)$/].map((end) =>
    words.find((word) => (typeof end === 'string' ? word.endsWith(end) : end.test(word))),
  )
  const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs
  return changed(output) > Math.max(changed(source), changed(fileURLToPath(import.meta.url)))
}

for (const [program, words] of commands.filter(([, words]) => !fresh(words))) {
  const { status, error } = spawnSync(program, words, {
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
  })
  if (error?.code === 'ENOENT')
    console.error(`${program} is not installed, so the C example is left out: apt-get install clang lld`)
  else if (status !== 0) process.exit(1)
}

mkdirSync(to, { recursive: true })
for (const name of readdirSync(from))
  if (name.endsWith('.wasm')) copyFileSync(join(from, name), join(to, name))
