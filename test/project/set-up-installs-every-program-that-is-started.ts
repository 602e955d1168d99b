// scripts/setup installs every program of Debian's that lib/, test/ and scripts/ start, beyond those that every Debian
// has.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/child.js'

const FOLDERS = ['/usr/bin', '/usr/sbin']
// Words that stand where a program could, and start none; jq and reboot are what one types.
const NO_PROGRAMS =
  'as arp column file free halt init jq less llc look rarp reboot red route size ssh time top view w watch write zstd'
// Programs of the benchmark and its report, which name the package themselves where they are missing.
const OPTIONAL = 'perf nft xdp-bench xdp-filter'
// Node brings its own; git has made the clone.
const BROUGHT = 'node npm npx git'
const apart = new Set(`${NO_PROGRAMS} ${OPTIONAL} ${BROUGHT}`.split(' '))

const lines = (program: string, ...args: string[]) =>
  spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 })
    .stdout.split('\n')
    .filter(Boolean)

/** The packages that a script's table PACKAGES lists. */
function listed(script: string): string[] {
  const [, table] = /^PACKAGES='\n(.*?)\n'$/ms.exec(readFileSync(join(root, script), 'utf8')) ?? []
  return (table ?? '').split('\n').map((row) => row.split(' ')[0])
}

/** These packages and all that they depend on, of what is installed here; and what every Debian has. */
function withDependencies(packages: string[]): Set<string> {
  const depends = new Map<string, string[]>()
  const all = new Set<string>()
  const format = [
    '-f',
    '$' + '{Package}\t$' + '{Priority}\t$' + '{Essential}\t$' + '{Pre-Depends}, $' + '{Depends}\n',
  ]
  for (const line of lines('dpkg-query', '-W', ...format)) {
    const [name, priority, essential, needs] = line.split('\t')
    depends.set(name, needs.match(/(?<=^|, *)[a-z0-9][a-z0-9+.-]*/g) ?? []) // of alternatives the first
    if (priority === 'required' || essential === 'yes') packages.push(name)
  }
  const add = (name: string) => {
    if (all.has(name)) return
    all.add(name)
    for (const each of depends.get(name) ?? []) add(each)
  }
  for (const name of packages) add(name)
  return all
}

/** Where a program may be named: alone between quotes, or at the beginning of a command of a shell. */
function namesIn(text: string): string[] {
  const code = text.replace(/^\s*(\/\/|\/?\*|#).*$/gm, '').replace(/\s\/\/ .*$/gm, '')
  const alone = /(['"`])([\w][\w.+-]*)\1/g
  const begins =
    /(?:^|[|;&({`'"]|\$\(|\b(?:exec|then|else|do|if|while|sudo|as_root|quietly|run_quietly|--|-u \S+)) *(?:\w+=\S* +)*([\w][\w.+-]*)(?= )/gm
  const follows = /\bnetns exec \S+ ([\w][\w.+-]*)/g
  return [alone, begins, follows].flatMap((places) =>
    [...code.matchAll(places)].map((match) => match.at(-1) as string),
  )
}

const here = new Set(FOLDERS.flatMap((folder) => readdirSync(folder)))

/** The packages of programs on this machine; none of Debian's have none. */
function packagesOf(programs: Iterable<string>): Map<string, string> {
  // Debian's alternatives are listed under the names that they lead to, and some files under a folder that is a link
  // now.
  const filesOf = new Map(
    [...programs].map((name) => {
      const files = FOLDERS.map((folder) => join(folder, name)).filter((file) => existsSync(file))
      const real = [...files, ...files.map((file) => realpathSync(file))]
      return [name, [...real, ...real.map((file) => file.replace('/usr/', '/'))]]
    }),
  )
  const owners = new Map(
    lines('dpkg', '-S', ...[...filesOf.values()].flat()).map((line) => {
      const [, name = '', file = ''] = /^([a-z0-9+.-]+)(?:[:,].*)?: (\/.*)/.exec(line) ?? []
      return [file, name]
    }),
  )
  const packages = [...filesOf].map(
    ([name, files]) => [name, files.map((file) => owners.get(file)).find(Boolean) ?? ''] as const,
  )
  return new Map(packages)
}

function filesIn(...folders: string[]): string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /(\.(ts|mjs|sh|py)|^[^.]+)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  )
}

const noDebian = spawnSync('dpkg-query', ['--version']).error ? 'there is no dpkg here' : false

function compare(t: Tap, files: string[], packages: string[]) {
  const known = withDependencies(packages)
  const programs = new Map<string, string>()
  for (const file of files)
    for (const name of namesIn(readFileSync(file, 'utf8')))
      if (here.has(name) && !apart.has(name)) programs.set(name, file.slice(root.length))
  const owners = packagesOf(programs.keys())
  const missing = [...programs]
    .filter(([name]) => owners.get(name) && !known.has(owners.get(name) as string))
    .map(([name, file]) => `${file} starts ${name} of the package ${owners.get(name)}`)
  t.same(missing, [])
  return programs
}
type Tap = Pick<typeof t, 'same'>

const ofVm = (file: string) => /\/(test\/(fixtures\/)?vm\/|scripts\/vm)/.test(file)
const all = filesIn('lib', 'test', 'scripts', 'examples')

t.test('scripts/setup', { skip: noDebian }, async (t) => {
  const files = all.filter((file) => !ofVm(file) && !/bare-machine|set-up-installs/.test(file)) // this file names them
  const programs = compare(t, files, listed('scripts/setup'))
  for (const name of ['ip', 'bpftool', 'pgrep', 'ps', 'sysctl', 'tc', 'python3', 'cc', 'sh'])
    t.ok(programs.has(name), `it sees that ${name} is started`)
})

t.test('scripts/vm, after the set-up', { skip: noDebian }, async (t) => {
  const programs = compare(t, all.filter(ofVm), [...listed('scripts/setup'), ...listed('scripts/vm')])
  for (const name of ['dpdk-devbind.py', 'modprobe'])
    t.ok(programs.has(name) || !here.has(name), `it sees that ${name} is started`)
})
