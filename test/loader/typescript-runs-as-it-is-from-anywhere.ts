import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { bin, ended } from '../fixtures/child.js'

// A folder outside any package: nothing there but the files.
const folder = mkdtempSync(join(tmpdir(), 'rxburst-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const files: Record<string, string> = {
  'limits.ts': `export enum Step { One = 1, Ten = 10 }
    export const limit: number = Step.Ten`,
  'deep.mts': `export { limit } from './limits.js'
    export type { Only } from './only-types.ts'`,
  'only-types.ts': 'export interface Only { a: 1 }',
  'odd.ts': `import { type BurstHandler, type Context, DROP, perPacket } from 'rxburst'
import { type Only, limit } from './deep.mjs'

export default ({ alloc, onTurn }: Context<{ a?: Only }>): BurstHandler => {
  let sent = 0
  onTurn((): void => {
    for (; sent < (limit satisfies number); sent++) alloc()!.send(0)
  })
  return perPacket((packet) => (packet.u16(36) & 1 ? 9 : DROP))
}
`,
  'plain.mjs': `import { DROP, perPacket } from 'rxburst'
    export default ({ alloc, onTurn }) => {
      let sent = 0
      onTurn(() => { for (; sent < 10; sent++) alloc().send(0) })
      return perPacket(() => DROP)
    }`,
}
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)

for (const [how, file] of Object.entries({
  'TypeScript that imports TypeScript': 'odd.ts',
  'JavaScript that imports rxburst': 'plain.mjs',
}))
  t.test(how, async (t) => {
    const args = [bin, 'run', file, 'loop:a', '--duration', '0.3', '--json']
    const { code, stdout, stderr } = await ended(t, process.execPath, args, folder)
    t.equal(code, 0, stderr)
    t.match(JSON.parse(stdout), { rx: 10, fresh: 10, dropped: 10 })
  })

// What is wrong, in which file, and what the error says. The last words are of the stack, or of the source.
const wrong: [file: string, text: string, message: RegExp, place: RegExp][] = [
  [
    'factory.ts',
    `interface Gone { a: 1 }\n\nexport default (): number => {\n  const x: number = undefined!\n  return x.toFixed()\n}`,
    /factory\.ts: its default export threw TypeError: .*\[ERR_PROCESSOR\]/,
    /at .*factory\.ts:5:12/,
  ],
  [
    'handler.ts',
    `import { Context, perPacket } from 'rxburst'\ninterface Gone {\n  a: 1 }\nconst fail = (): never => {
  throw new Error('as it was told')\n}\nexport default ({ alloc, onTurn }: Context) => {
  onTurn(() => void alloc()!.send(0))\n  return perPacket(() => fail())\n}`,
    /worker 0 threw Error: as it was told \[ERR_PROCESSOR\]/,
    /at fail .*handler\.ts:5:9\)\n.*handler\.ts:9:26/,
  ],
  [
    'syntax.ts',
    'interface Gone { a: 1 }\n\nexport default () => { let x: = 3 }',
    /can't be loaded: \/.*\/syntax\.ts:3:31: Unexpected "=" \[ERR_PROCESSOR\]/,
    /\nexport default \(\) => \{ let x: = 3 \}/,
  ],
  [
    'name.ts',
    `interface Gone { a: 1 }\n\nimport { nothing } from './limits.js'\nexport default () => nothing()`,
    /'\.\/limits\.js' does not provide an export named 'nothing' \[ERR_PROCESSOR\]/,
    /name\.ts:3\n/,
  ],
  [
    'path.ts',
    `import { nothing } from '@app/none'\nexport default () => nothing()`,
    /Cannot find package '@app\/none' imported from .*path\.ts \[ERR_PROCESSOR\]/,
    /@app\/none/,
  ],
]
for (const [file, text, message, place] of wrong)
  t.test(`an error names the line of the TypeScript source: ${file}`, async (t) => {
    writeFileSync(join(folder, file), text)
    const { code, stderr } = await ended(t, process.execPath, [bin, 'run', file, 'loop:a'], folder)
    t.equal(code, 1)
    t.match(stderr, message)
    t.match(stderr, place)
  })
