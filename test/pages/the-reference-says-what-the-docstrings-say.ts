// `npm run check` fails, and says where, when docs/api.md is not what the docstrings make, when a public name has no
// docstring, and when an option does not say its default. Each is broken in a copy of the sources.
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Field, HEADERS } from 'rxburst/wire'
import t from 'tap'
import { root } from '../fixtures/child.js'

const folder = t.testdir({})
for (const name of ['lib', 'scripts', 'docs', 'package.json', 'tsconfig.json'])
  cpSync(join(root, name), join(folder, name), { recursive: true })
mkdirSync(join(folder, 'native')) // the list of checks looks into it
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))

function check() {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'check', '--', 'docstrings'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return { status, stdout: stdout + stderr }
}

const face = join(folder, 'lib/index.ts')
const names = readFileSync(face, 'utf8')
const page = join(folder, 'docs/api.md')
const reference = readFileSync(page, 'utf8')

/** Adds a public file with that text. */
function publish(text: string): void {
  writeFileSync(join(folder, 'lib/control/added.ts'), text)
  writeFileSync(face, `${names}export * from './control/added.js'\n`)
}

t.test('names without docstrings', async (t) => {
  publish('export const bare = 1\n/** A thing. */\nexport class Thing {\n  go() {}\n}\n')
  const { status, stdout } = check()
  t.equal(status, 1, 'the check fails')
  t.match(stdout, /\bbare\b/, 'and names a constant')
  t.match(stdout, /\bThing\.go\b/, 'and a method of a class that has one')
})

t.test('an option that does not say its default', async (t) => {
  publish('/** Options. */\nexport interface NewOptions {\n  /** Speed. */\n  speed?: number\n}\n')
  const { status, stdout } = check()
  t.equal(status, 1, 'the check fails')
  t.match(stdout, 'NewOptions.speed', 'and names the option')
})

t.test('a line written by hand', async (t) => {
  writeFileSync(face, names)
  const passes = check()
  t.equal(passes.status, 0, `the sources as they are pass: ${passes.stdout}`)
  appendFileSync(page, 'By hand.\n')
  t.match(check(), { status: 1, stdout: 'docs/api.md' })
})

t.test('another docstring', async (t) => {
  writeFileSync(page, reference)
  const file = join(folder, 'lib/worker/verdict.ts')
  writeFileSync(file, readFileSync(file, 'utf8').replace('Frees the packet.', 'Gives the frame back.'))
  const { status, stdout } = check()
  t.equal(status, 1, 'the check fails')
  t.match(stdout, 'docs/api.md', 'and names the page')
})

t.test('the table of fields of each header', async (t) => {
  const chapter = reference.slice(reference.indexOf('\n## rxburst/wire\n'))
  for (const { name, fields } of HEADERS) {
    const [section] = chapter.slice(chapter.indexOf(`\n### ${name}\n`) + 1).split(/\n### /)
    const row = ({ name, width, wireshark }: Field) =>
      section
        .split('\n')
        .some(
          (line) =>
            line.startsWith(`| \`${name}\` |`) &&
            line.includes(`, ${width} |`) &&
            line.includes(wireshark ? `| \`${wireshark}\` |` : '|  |'),
        )
    t.same(
      fields.filter((field) => !row(field)).map((field) => field.name),
      [],
      `${name}: a row for each of ${fields.length} fields`,
    )
  }
})
