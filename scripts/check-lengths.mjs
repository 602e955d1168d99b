// No source file in lib/ and native/ has more than 400 lines: a longer one holds two ideas. Generated files are left
// out.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const MOST_LINES = 400

const files = ['lib', 'native']
  .flatMap((room) => readdirSync(join(root, room), { recursive: true }).map((name) => join(room, name)))
  .filter((name) => /\.(ts|cc|h|c)$/.test(name) && !/[.]gen[.](ts|h)$|(^|\/)build\//.test(name))
  .sort()
for (const file of files) {
  const lines = readFileSync(join(root, file), 'utf8').split('\n').length - 1
  if (lines <= MOST_LINES) continue
  console.error(`${file} has ${lines} lines; at most ${MOST_LINES} are wanted: split it by idea`)
  process.exitCode = 1
}
