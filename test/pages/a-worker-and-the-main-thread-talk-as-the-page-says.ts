// The program of docs/worker-and-main.md compiles, runs, and prints what the page says.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ended, root } from '../fixtures/child.js'

const page = readFileSync(`${root}docs/worker-and-main.md`, 'utf8')
const folder = t.testdir({ 'package.json': '{ "type": "module" }' })
const files = [...page.matchAll(/^```ts\n\/\/ (\S+?):[\s\S]*?^```$/gm)].map(([block, name]) => {
  writeFileSync(join(folder, name), block.slice(6, -3))
  return name
})
const [, printed] = /It prints:\n\n```\n([\s\S]*?)```/.exec(page)!

// The package as a user has it, with the types of Node beside it.
mkdirSync(join(folder, 'node_modules'))
symlinkSync(root, join(folder, 'node_modules/rxburst'))
symlinkSync(join(root, 'node_modules/@types'), join(folder, 'node_modules/@types'))

t.test('it compiles', async (t) => {
  t.same(files, ['sizes.ts', 'talk.ts'])
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const flags = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node']
  const { status, stdout } = spawnSync(
    '/usr/bin/env',
    ['-u', 'NODE_OPTIONS', process.execPath, tsc, ...flags, ...files],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  t.equal(stdout, '')
  t.equal(status, 0)
})

t.test('it runs', async (t) => {
  const { code, stdout, stderr } = await ended(t, process.execPath, ['talk.js'], folder)
  t.equal(code, 0, stderr)
  t.equal(stdout, printed)
})
