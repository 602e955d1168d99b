// What `npm install` brings compiles by itself: right calls do, wrong ones do not, with TypeScript 5.9 and the newest,
// with and without @types/node; examples, guide, README and the examples of docs/api.md under what `tsc --init` writes.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/child.js'
import { isUnreachable } from '../fixtures/programs/nodes.js'

const folder = mkdtempSync(join(tmpdir(), 'rxburst-'))
t.teardown(() => rmSync(folder, { recursive: true }))

function spawn(cwd: string, program: string, ...args: string[]): { status: number | null; output: string } {
  // Without tap's loaders: see child.ts.
  const argv = ['-u', 'NODE_OPTIONS', program, ...args]
  const { status, stdout, stderr } = spawnSync('/usr/bin/env', argv, { cwd, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

const npm = (...args: string[]) =>
  spawn(folder, 'npm', ...args, '--ignore-scripts', '--no-audit', '--no-fund')

/** Installs packages, the tarball among them; says why it can't where there is no registry. */
function install(): string | false {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  const packed = npm('pack', root, '--json')
  if (packed.status !== 0) throw new Error(packed.output)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!
  const { status, output } = npm(
    'install',
    `./${tarball}`,
    'newest@npm:typescript@latest',
    'node-types@npm:@types/node@latest',
  )
  if (status !== 0 && isUnreachable(output)) return "npm can't reach its registry"
  if (status !== 0) throw new Error(output)
  return false
}

const skip = install()
const compilers: Record<string, string> = {
  'TypeScript 5.9': createRequire(import.meta.url).resolve('typescript/bin/tsc'),
  'the newest TypeScript': join(folder, 'node_modules/newest/bin/tsc'),
}

/** A folder of the project's, in which @types/node can be found or not. */
function place(name: string, withNode: boolean, files: Record<string, string>): string {
  const at = join(folder, name)
  mkdirSync(at)
  for (const [file, text] of Object.entries(files)) writeFileSync(join(at, file), text)
  if (withNode) {
    const types = join(at, 'node_modules/@types/node')
    mkdirSync(types, { recursive: true })
    const real = join(folder, 'node_modules/node-types')
    writeFileSync(join(types, 'package.json'), '{ "name": "@types/node", "types": "index.d.ts" }')
    writeFileSync(join(types, 'index.d.ts'), `/// <reference path="${real}/index.d.ts" />\n`)
  }
  return at
}

const read = (file: string) => readFileSync(`${root}${file}`, 'utf8')
const calls = Object.fromEntries(
  ['right.ts', 'wrong.ts'].map((name) => [name, read(`test/fixtures/types/${name}`)]),
)
const programs: Record<string, string> = Object.fromEntries([
  ...readdirSync(`${root}examples`)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name, read(`examples/${name}`)]),
  ...[...read('docs/guide.md').matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name, text]) => [
    `guide-${name}`,
    text,
  ]),
  ...['README.md', 'docs/api.md'].flatMap((page) =>
    [...read(page).matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text], i) => [
      `${page.replace(/\W/g, '-')}-${i}.ts`,
      text,
    ]),
  ),
])
const withoutNode = Object.fromEntries(
  Object.entries(programs).filter(([, text]) => !/from 'node:/.test(text)),
)

for (const [name, tsc] of Object.entries(compilers))
  t.test(name, { skip }, async (t) => {
    const compile = (at: string, ...args: string[]) => spawn(at, process.execPath, tsc, '--noEmit', ...args)
    const strict = ['--strict', '--module', 'nodenext', '--target', 'es2022', ...Object.keys(calls)]
    const short = name.replace(/\W/g, '')

    for (const [which, withNode, more] of [
      ['without @types/node', false, []],
      ['with @types/node', true, ['--types', 'node']],
      ['with @types/node, and no library of browsers', true, ['--types', 'node', '--lib', 'esnext']],
    ] as const)
      await t.test(which, async (t) => {
        const at = place(`${short}-${which.replace(/\W/g, '')}`, withNode, calls)
        const { status, output } = compile(at, ...strict, ...more)
        t.equal(output, '')
        t.equal(status, 0)
      })

    await t.test('examples, guide and README under tsc --init', async (t) => {
      t.ok(Object.keys(withoutNode).length >= 13)
      const at = place(`${short}-init`, false, withoutNode)
      t.equal(spawn(at, process.execPath, tsc, '--init').status, 0)
      const { status, output } = compile(at)
      t.equal(output, '')
      t.equal(status, 0)
    })

    await t.test('and with the lines that it has for Node', async (t) => {
      const at = place(`${short}-node`, true, programs)
      spawn(at, process.execPath, tsc, '--init')
      const config = join(at, 'tsconfig.json')
      const text = readFileSync(config, 'utf8')
      const nodes = text.replace(/^.*"types": \[\],\n/m, '').replace(/\/\/ ("(?:lib|types)": \[)/g, '$1')
      t.not(nodes, text)
      writeFileSync(config, nodes)
      const { status, output } = compile(at)
      t.equal(output, '')
      t.equal(status, 0)
    })
  })
