// `import 'rxburst'` reads its index and two bundles, and none of Node's costly modules: each file would cost the
// program's start a part of a millisecond. The bundles hold every class once: the modules beside them give out the same
// ones.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { ended, root } from '../fixtures/child.js'

const lib = pathToFileURL(`${root}dist/lib/`).href
const BUNDLES = ['light.bundle.js', 'main.bundle.js']

/** The program's output, and the files of the package that V8 compiled for it. */
async function run(t: Test, program: string): Promise<{ stdout: string; files: string[] }> {
  const folder = t.testdir({})
  const node = [process.execPath, '--input-type=module', '-e', program]
  const { code, stdout, stderr } = await ended(t, 'env', [`NODE_V8_COVERAGE=${folder}`, ...node])
  t.equal(code, 0, stderr)
  const scripts = readdirSync(folder).flatMap(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).result as { url: string }[],
  )
  const urls = scripts
    .map(({ url }) => url)
    .filter((url) => url.startsWith(`${pathToFileURL(root).href}dist/`))
  return { stdout, files: urls.map((url) => url.replace(lib, '')).sort() }
}

t.test('files', async (t) => {
  const program = `await import('${lib}index.js'); console.log(process.moduleLoadList.join('\\n'))`
  const { stdout, files } = await run(t, program)
  t.same(files, ['index.js', ...BUNDLES])
  const modules = stdout.split('\n')
  t.ok(modules.includes('NativeModule worker_threads'), 'the list is one of modules')
  for (const costly of ['net', 'crypto', 'child_process', 'http'])
    t.notOk(modules.includes(`NativeModule ${costly}`), `node:${costly} waits until it is used`)
})

t.test('wire needs no addon', async (t) => {
  const { files } = await run(t, `await import('${lib}wire/index.js')`)
  t.ok(files.includes('light.bundle.js'))
  t.notOk(files.includes('main.bundle.js'), 'which loads the addon')
})

t.test('classes', async (t) => {
  const index: Record<string, unknown> = await import(`${lib}index.js`)
  const files = readdirSync(`${root}dist/lib`, { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith('.js') && !BUNDLES.includes(name) && name !== 'index.js')
    .filter((name) => readFileSync(`${root}dist/lib/${name}`, 'utf8').includes('.bundle.js'))
  t.ok(files.length > 30, `${files.length} modules stand in bundles`)
  const modules: Record<string, unknown>[] = await Promise.all(files.map((name) => import(lib + name)))
  for (const [name, value] of Object.entries(index)) {
    t.ok(
      modules.some((module) => module[name] === value),
      `${name} is that of its module`,
    )
    if (typeof value === 'function') t.equal(value.name, name, 'and has its name')
  }
})

t.test('constants', async (t) => {
  for (const bundle of BUNDLES) {
    const text = readFileSync(`${root}dist/lib/${bundle}`, 'utf8')
    t.match(text, /^const \w+ = /m)
    t.notMatch(text, /^var \w+ = /m, `${bundle}: V8 knows the value of a constant only`)
  }
})
