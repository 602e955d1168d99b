// The help of every command has no sentence of more than 30 words, and none that begins with What, Who or Whoever.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { bin, root } from '../fixtures/child.js'

const help = (...command: string[]) =>
  spawnSync(process.execPath, [bin, ...command, '--help'], { encoding: 'utf8' }).stdout

/** Faults that the check of prose finds. */
const faults = (name: string, text: string) =>
  spawnSync(process.execPath, [join(root, 'scripts/check-prose.mjs'), '--help', name], {
    input: text,
    encoding: 'utf8',
  }).stderr

/** The commands that a help lists, without help itself. */
const listed = (text: string) =>
  [...(/^Commands:\n([\s\S]*?)\n(?=\S|$)/m.exec(text)?.[1] ?? '').matchAll(/^ {2}(\S+)/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help')

const commands: string[][] = [[]]
for (const command of commands) for (const name of listed(help(...command))) commands.push([...command, name])

const names = commands.map((each) => each.join(' '))
t.same(
  ['', 'run', 'grant', 'doctor', 'lab up', 'lab status'].filter((name) => !names.includes(name)),
  [],
  'rxburst itself, its commands, and those of the lab are found',
)
for (const command of commands) {
  const name = `rxburst ${command.join(' ')}`.trim()
  t.equal(faults(name, help(...command)), '', name)
}

t.test('a bad help is told', async (t) => {
  const long = Array(31).fill('word').join(' ')
  t.match(faults('bad', `Options:\n  --who <name>  who is meant\n`), /begins with who/i)
  t.match(faults('bad', `Options:\n  --far         ${long}\n`), /31 words/)
  t.match(faults('bad', `Usage: bad\n\n${long.replace('word word', 'word\nword')}\n`), /31 words/)
  t.equal(faults('good', `Usage: good ${long}\n\nExamples:\n  $ who ${long}\n`), '')
})
