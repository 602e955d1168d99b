// `rxburst init` beside the package as `npm pack` makes it: the project's test passes on the oldest Node, 20, 22 and
// 26, its types are right, and its processor runs.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/child.js'
import { nodeOf, OLDEST } from '../fixtures/programs/nodes.js'

const folder = mkdtempSync(join(tmpdir(), 'rxburst-init-'))
t.teardown(() => rmSync(folder, { recursive: true }))

function run(cwd: string, program: string, ...args: string[]) {
  const argv = ['-u', 'NODE_OPTIONS', program, ...args] // without tap's loaders: see child.ts
  const { status, stdout, stderr } = spawnSync('/usr/bin/env', argv, { cwd, encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** What npm would unpack into node_modules, with an addon as its install script builds it. */
function installPacked(modules: string): string {
  mkdirSync(modules, { recursive: true })
  const packed = run(folder, 'npm', 'pack', root, '--ignore-scripts')
  if (packed.status !== 0) throw new Error(packed.stderr)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) as string
  const { status, stderr } = run(folder, 'tar', '-C', modules, '-xzf', tarball)
  if (status !== 0) throw new Error(stderr)
  const at = join(modules, 'rxburst')
  run(modules, 'mv', 'package', 'rxburst')
  mkdirSync(join(at, 'build/Release'), { recursive: true })
  copyFileSync(join(root, 'build/Release/rxburst.node'), join(at, 'build/Release/rxburst.node'))
  const { dependencies } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies))
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  return join(at, 'dist/lib/cli/main.js')
}
const bin = installPacked(join(folder, 'node_modules'))

t.test('it writes four files', async (t) => {
  const { status, stdout, stderr } = run(folder, process.execPath, bin, 'init', 'My Firewall')
  t.equal(status, 0, stderr)
  t.equal(stdout, 'package.json\ntsconfig.json\nprocessor.ts\ntest/processor.test.mjs\n')
  t.match(stderr, /npm install && npm test/)
  const manifest = JSON.parse(readFileSync(join(folder, 'My Firewall/package.json'), 'utf8'))
  t.equal(manifest.name, 'my-firewall')
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  t.equal(manifest.dependencies.rxburst, `^${version}`)
})

const project = join(folder, 'My Firewall')
for (const version of [OLDEST, '20', '22', '26']) {
  const { path, skip } = nodeOf(version)
  t.test(`its test passes on Node ${version}`, { skip }, async (t) => {
    const { status, stdout, stderr } = run(project, path, '--test')
    t.equal(status, 0, stdout + stderr)
    t.match(stdout, /pass [1-9]/)
    t.match(stdout, /fail 0/)
  })
}

t.test('npm test runs it', async (t) => {
  const { status, stdout, stderr } = run(project, 'npm', 'test')
  t.equal(status, 0, stdout + stderr)
})

t.test('a wrong processor fails its test', async (t) => {
  const file = join(project, 'processor.ts')
  const right = readFileSync(file, 'utf8')
  writeFileSync(file, right.replace('=== closed', '!== closed'))
  t.equal(run(project, process.execPath, '--test').status, 1)
  writeFileSync(file, right)
})

t.test('its types are right', async (t) => {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const { status, stdout } = run(project, process.execPath, tsc, '-p', '.')
  t.equal(stdout, '')
  t.equal(status, 0)
})

t.test('its processor runs', async (t) => {
  const args = [bin, 'run', 'processor.ts', 'loop:a', 'loop:b', '--duration', '0.2', '--json']
  const { status, stdout, stderr } = run(project, process.execPath, ...args)
  t.equal(status, 0, stderr)
  t.match(JSON.parse(stdout), { rx: 0, dropped: 0 })
})

t.test('--json', async (t) => {
  mkdirSync(join(folder, 'empty'))
  const { status, stdout } = run(folder, process.execPath, bin, 'init', 'empty', '--json')
  t.equal(status, 0)
  const { folder: made, files } = JSON.parse(stdout)
  t.equal(made, join(folder, 'empty'))
  for (const file of files) t.ok(existsSync(join(made, file)), file)
})
