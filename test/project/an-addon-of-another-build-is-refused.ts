// An addon beside TypeScript of another build would misread columns: loading ends with ERR_BUILD instead.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/child.js'

const PROGRAM = `
import('./dist/lib/index.js').then(
  () => console.log('loaded'),
  (error) => console.log(error.code, error.message),
)`

function load(folder: string) {
  return spawnSync(process.execPath, ['-e', PROGRAM], { cwd: folder, encoding: 'utf8' }).stdout
}

t.test('the layout number', async (t) => {
  const folder = t.testdir({})
  for (const name of ['dist', 'package.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true })
  mkdirSync(join(folder, 'build'))
  symlinkSync(join(root, 'build/Release'), join(folder, 'build/Release'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  t.match(load(folder), /^loaded/, 'the addon and the TypeScript of one build agree')

  const file = join(folder, 'dist/lib/light.bundle.js')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/LAYOUT_NUMBER = \d+/, 'LAYOUT_NUMBER = 1'))
  t.match(load(folder), /^ERR_BUILD .*different builds.*npm rebuild rxburst/, 'those of two builds do not')
})
