// The same processor on the oldest Node and on newer ones, whatever "type" the package.json around it has, in the
// project and outside.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { root, type Started, start } from '../fixtures/child.js'
import { until } from '../fixtures/plane.js'
import { nodeOf, OLDEST } from '../fixtures/programs/nodes.js'

const folder = mkdtempSync(join(tmpdir(), 'rxburst-'))
t.teardown(() => rmSync(folder, { recursive: true }))

// Each of these exports 'ok' as its default; what it needs for that is one construct.
const constructs: Record<string, string> = {
  'enums.ts': `enum Step { One = 1, Ten = 10 }
    const enum Kind { Good = 'ok' }
    export default Step.Ten === 10 ? Kind.Good : 'wrong'`,
  'parameter-properties.ts': `class Limit { constructor(readonly n: number, private said = 'ok') {}
      get word() { return this.n === 3 && this.said } }
    export default new Limit(3).word`,
  'types-without-type.ts': `import { BurstHandler, Context, DROP } from 'rxburst'
    import { Only } from './only-types.ts'
    const none: BurstHandler | Context | Only | undefined = undefined
    export default DROP === 0 && none === undefined ? 'ok' : 'wrong'`,
  'namespaces.ts': `namespace Words { export const good: string = 'ok' }
    export default Words.good`,
  'extension-js.ts': `export { word as default } from './util.js'`,
  'extension-ts.ts': `export { word as default } from './util.ts'`,
  'no-extension.ts': `export { word as default } from './util'`,
  'a-folder.ts': `export { word as default } from './deep'`,
  'paths.ts': `import { word } from '@app/thing'
    import * as again from '@app/thing.js'
    export default word === again.word ? word : 'wrong'`,
  'module.mts': `export { word as default } from './util.mjs'`,
  'common.cts': `import { basename } from 'node:path'
    import os = require('node:os')
    import { DROP } from 'rxburst'
    export default basename(__filename) === 'common.cts' && typeof os.arch() === 'string' && DROP === 0 ? 'ok' : 'wrong'`,
  'export-equals.cts': `export = 'ok' as string`,
  'plain.mjs': `export { word as default } from './util.js'`,
  'subpath.ts': `import { createRequire } from 'node:module'
    export default createRequire(import.meta.url) && (await import('rxburst/examples/01-drop')).default ? 'ok' : 'wrong'`,
  'using.ts': `let word = 'wrong'
    { using _end = { [Symbol.for('Symbol.dispose')]: () => {}, [Symbol.dispose ?? Symbol.for('Symbol.dispose')]() { word = 'ok' } } }
    export default word`,
}

const files: Record<string, string> = {
  ...constructs,
  'util.ts': 'export const word: string = "ok"',
  'util.mts': 'export const word: string = "ok"',
  'deep/index.ts': 'export const word: string = "ok"',
  'src/thing.ts': 'export const word: string = "ok"',
  'only-types.ts': 'export interface Only { a: 1 }',
  'tsconfig.json': `{
    // verbatimModuleSyntax is what tsc --init writes
    "extends": "./base.json",
    "compilerOptions": { "verbatimModuleSyntax": true, },
  }`,
  'base.json': '{ "compilerOptions": { "paths": { "@app/*": ["./src/*"] } } }',
  'throws.ts': `interface Gone {
  a: 1
}

enum Kept { One }

export default (x: Gone & { f?(): void }): void => {
  x.f!() // line 8, column 5
}
`,
  // Sends ten packets to itself; tells what it saw when all of them are there.
  'odd.ts': `import { BurstHandler, Context, DROP, perPacket } from 'rxburst'
import throws from './throws.js'

export default async ({ alloc, onTurn, data }: Context<string[]>): Promise<BurstHandler> => {
  const seen: Record<string, unknown> = {}
  for (const name of data)
    seen[name] = await import(\`./\${name}\`).then((m) => m.default, String)
  try {
    throws({ a: 1 })
  } catch (error) {
    seen.line = /throws\\.ts:\\d+:\\d+/.exec((error as Error).stack!)?.[0]
  }
  let sent = 0
  let received = 0
  onTurn((): void => {
    for (; sent < 10; sent++) alloc()!.send(0)
  })
  return perPacket(() => {
    if (++received === 10) console.error(JSON.stringify(seen))
    return DROP
  })
}
`,
}
const names = Object.keys(constructs)
const expected = { ...Object.fromEntries(names.map((name) => [name, 'ok'])), line: 'throws.ts:8:5' }

const types = ['commonjs', 'module', 'none']
/** A project that has rxburst, or a folder that has not. */
function make(place: string, type: string): string {
  const at = join(folder, `${place}-${type}`)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(at, name)), { recursive: true })
    writeFileSync(join(at, name), text)
  }
  if (place === 'project' || type !== 'none')
    writeFileSync(join(at, 'package.json'), JSON.stringify(type === 'none' ? {} : { type }))
  if (place === 'outside') return join(at, 'odd.ts')
  mkdirSync(join(at, 'node_modules'))
  symlinkSync(installed, join(at, 'node_modules/rxburst'))
  return join(at, 'odd.ts')
}

// As npm would install it: below a node_modules, where Node strips no types and our own modules lie.
const installed = join(folder, 'node_modules/rxburst')
cpSync(`${root}dist`, join(installed, 'dist'), { recursive: true })
for (const name of ['package.json', 'build', 'node_modules']) symlinkSync(root + name, join(installed, name))
const bin = join(installed, 'dist/lib/cli/main.js')
const inside = types.map((type) => make('project', type))
const outside = types.map((type) => make('outside', type))

// The same by run(): one processor after the other, each until its ten packets are through.
const project = dirname(inside[2])
writeFileSync(
  join(project, 'main.mjs'),
  `import { open, run } from 'rxburst'
for (const url of process.argv.slice(2)) {
  const port = await open('loop:a')
  const plane = await run(new URL(url), { workers: [{ queues: [port.queue(0)], data: ${JSON.stringify(names)} }] })
  for await (const { dropped } of plane.stats({ everyMs: 20 })) if (dropped.packets === 10) void plane.stop()
  await plane.done
  await port.close()
}
`,
)

/** The lines that processors have printed, as objects; every other line on stderr as it is. */
const lines = ({ stderr }: { stderr: string }) =>
  stderr
    .trim()
    .split('\n')
    .map((line) => (line.startsWith('{') ? (JSON.parse(line) as unknown) : line))

async function told(program: Started): Promise<void> {
  let over = false
  void program.ended.then(() => {
    over = true
  })
  await until('what the processor saw', () => over || /^\{.*\}$/m.test(program.stderr))
}

for (const version of [OLDEST, '22', '24', '26']) {
  const { path, skip } = nodeOf(version)
  t.test(`Node ${version}`, { skip }, async (t) => {
    for (const file of [...inside, outside[0]])
      await t.test(`rxburst run ${file.slice(folder.length + 1)}`, async (t) => {
        const args = [bin, 'run', file, 'loop:a', '--data', JSON.stringify(names), '--json']
        const program = start(t, path, args, project)
        await told(program)
        program.process.kill('SIGINT')
        const end = await program.ended
        t.equal(end.code, 0, end.stderr)
        t.same(new Set(lines(end)), new Set(['ready', expected]), 'nothing else is on stderr')
        t.match(JSON.parse(end.stdout), { rx: 10, fresh: 10, dropped: 10 })
      })

    await t.test('run(new URL(…)) of each of them', async (t) => {
      // The last one by the name that a compiler would give it.
      const files = [...inside, ...outside, outside[0].replace(/ts$/, 'js')]
      const urls = files.map((file) => pathToFileURL(file).href)
      const end = await start(t, path, ['main.mjs', ...urls], project).ended
      t.equal(end.code, 0, end.stderr)
      t.same(
        lines(end),
        urls.map(() => expected),
      )
    })
  })
}
