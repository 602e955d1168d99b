// A prebuilt addon comes without the contestants in C: their rows stay in the table, with the reason and the command
// that builds them.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { root } from '../fixtures/child.js'

const child = fileURLToPath(new URL('../fixtures/bench/without-bench-module.mjs', import.meta.url))
const ROWS = ['C loop', 'C recvmmsg, one socket', 'XDP_DROP']

/** The rows of a process that finds the addon in that folder. */
function rows(folder: string): { name: string; status: string; why: string; install: string }[] {
  const { NODE_OPTIONS: _, ...env } = process.env
  const { stdout, stderr, status } = spawnSync(process.execPath, [child], {
    encoding: 'utf8',
    env: { ...env, RXBURST_PREBUILD: folder },
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

function folderWithAddon(t: Test): string {
  const folder = t.testdir({})
  mkdirSync(join(folder, 'build/Release'), { recursive: true })
  copyFileSync(join(root, 'build/Release/rxburst.node'), join(folder, 'build/Release/rxburst.node'))
  return folder
}

t.test('there is none', async (t) => {
  const found = rows(folderWithAddon(t))
  t.same(
    found.map(({ name }) => name),
    ROWS,
  )
  for (const { name, status, why, install } of found)
    t.match(
      { status, why, install },
      { status: 'missing', why: /not built/, install: 'npm run build:native' },
      name,
    )
})

t.test('it is another build than the addon', async (t) => {
  const folder = folderWithAddon(t)
  const file = join(folder, 'build/Release/rxburst_bench.so')
  writeFileSync(file, 'no module at all')
  for (const { name, status, why } of rows(folder))
    t.match({ status, why }, { status: 'missing', why: /can't be loaded: / }, name)
})

t.test('what is no regular file is no addon, and is not read', async (t) => {
  const fifo = join(t.testdir({}), 'fifo')
  spawnSync('mkfifo', [fifo])
  const script = `
    const module = { exports: {} }
    process.dlopen(module, '${root}build/Release/rxburst_bench.so')
    try { module.exports.attach('${fifo}') } catch (error) { console.log(error.message) }`
  const { NODE_OPTIONS: _, ...env } = process.env
  const { stdout, signal } = spawnSync(process.execPath, ['-e', script], {
    encoding: 'utf8',
    env,
    timeout: 20_000,
  })
  t.match({ stdout, signal }, { stdout: /is no library that this process has loaded/, signal: null })
})
