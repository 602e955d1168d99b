// No folder of native/, lib/ and test/ has more than MOST_FILES files: a room with more holds two ideas. Generated
// files are left out. Names the folder. "About a dozen" is the aim; the limit leaves a room space for the next change,
// which then need not divide it as well.
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const MOST_FILES = 16

const counts = new Map()
for (const top of ['native', 'lib', 'test'])
  for (const entry of readdirSync(join(root, top), { recursive: true, withFileTypes: true })) {
    const name = join(entry.parentPath, entry.name).slice(root.length)
    if (!entry.isFile() || /[.]gen[.](ts|h)$|(^|\/)(build|[.]\w+)\//.test(name)) continue
    counts.set(dirname(name), (counts.get(dirname(name)) ?? 0) + 1)
  }
for (const [room, files] of [...counts].sort()) {
  if (files <= MOST_FILES) continue
  console.error(`${room} has ${files} files; at most ${MOST_FILES} are wanted: divide it by idea`)
  process.exitCode = 1
}
