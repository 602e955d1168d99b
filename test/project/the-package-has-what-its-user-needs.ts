// What npm packs: everything that runs, the pages with links that lead somewhere, and nothing that was built for one
// machine.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/child.js'

const read = (file: string) => readFileSync(join(root, file), 'utf8')
const manifest = JSON.parse(read('package.json'))
const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
  cwd: root,
  encoding: 'utf8',
  env: { ...process.env, NODE_OPTIONS: '' },
  maxBuffer: 1 << 26,
})
const packed: string[] = JSON.parse(stdout)[0].files.map(({ path }: { path: string }) => path)
const inFolder = (folder: string, ending: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !/(?<!wire)(^|\/)build\//.test(name))
    .map((name) => join(folder, name))

t.test('what is there', async (t) => {
  const wanted = [
    ...['README.md', 'LICENSE', 'CHANGELOG.md', 'ARCHITECTURE.md', 'package.json', 'binding.gyp'],
    ...[manifest.main, manifest.types, manifest.bin.rxburst].map((path) => normalize(path)),
    ...['native/dpdk/binding.gyp', 'native/bench/rules.bpf.c', 'scripts/setup'],
    ...['dist/lib/bench/report/page.bundle.js', 'dist/lib/bench/report/page.css'],
    ...inFolder('docs', '.md'),
    ...inFolder('examples', '.ts'),
    ...inFolder('native', '.cc'),
    ...inFolder('native', '.h'),
    ...inFolder('lib', '.ts').map((path) => `dist/${path.slice(0, -3)}.js`),
  ]
  t.same(
    wanted.filter((path) => !packed.includes(path)),
    [],
  )
})

t.test('what is not', async (t) => {
  // lib/wire/build makes packets.
  const places = /^(dist|docs|examples|native|prebuilds)\/|^scripts\/setup$|^[^/]+$/
  const built = /(?<!wire)(^|\/)build\/|\.o$|^(?!prebuilds\/).*\.node$/
  t.same(
    packed.filter((path) => !places.test(path) || built.test(path)),
    [],
  )
})

t.test('what runs in the package reads nothing outside it', async (t) => {
  const named = packed
    .filter((path) => /^dist\/lib\/.*\.js$/.test(path))
    .flatMap((path) =>
      [...read(path).matchAll(/packageRoot(?:, '|\}\/?)([\w./-]+)/g)].map(([, file]) => file),
    )
  const BUILT = 'build/Release/rxburst.node' // npm's script `install` makes it where no prebuilt one fits
  t.ok(named.includes('package.json'), 'it sees where files of the package are named')
  t.same(
    named.filter(
      (file) => file !== BUILT && !packed.some((path) => path === file || path.startsWith(`${file}/`)),
    ),
    [],
  )
})

t.test('package.json', async (t) => {
  const [, repository] = /^github:([\w-]+\/[\w-]+)$/.exec(manifest.repository) ?? []
  t.ok(repository, manifest.repository)
  for (const [field, end] of [
    ['bugs', '/issues'],
    ['homepage', '#readme'],
  ])
    t.ok(manifest[field].endsWith(`/${repository}${end}`), manifest[field])
  const names = Object.keys(manifest.scripts)
  t.same(
    names.filter((name) => names.includes(name.replace(/^(pre|post)/, '')) && /^(pre|post)/.test(name)),
    [],
    'npm runs no script unasked beside another',
  )
  t.match(manifest.scripts['build:prebuilds'], /prebuildify/)
})

t.test('README.md', async (t) => {
  t.match(read('README.md'), /^# rxburst\n\n```\n\$ npm i rxburst\n```\n/, 'begins with how one gets it')
})

t.test('links between pages', async (t) => {
  for (const page of packed.filter((path) => path.endsWith('.md'))) {
    const targets = [...read(page).matchAll(/\]\(([^)#:\s]+\.\w+)(?:#[^)]*)?\)/g)].map(([, target]) =>
      join(dirname(page), target),
    )
    t.same(
      targets.filter((target) => !existsSync(join(root, target))),
      [],
      page,
    )
  }
})
