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
  'wrong.ts': `export default (): number => {
      const x: number = undefined!
      return x.toFixed()
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

t.test('an error names the line of the TypeScript source', async (t) => {
  const { code, stderr } = await ended(t, process.execPath, [bin, 'run', 'wrong.ts', 'loop:a'], folder)
  t.equal(code, 1)
  t.match(stderr, /wrong\.ts: its default export threw TypeError: .*\[ERR_PROCESSOR\]/)
  t.match(stderr, /wrong\.ts:\d+/)
})
