// Each backend has a page, whose first commands run as they stand, and whose options and defaults are those that the
// backend has.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { bin, ended, root } from '../fixtures/child.js'
import { withoutDpdk } from '../fixtures/dpdk.js'
import { noLab, testLab } from '../fixtures/lab.js'

// A capture file for the page that names one: its header, and one packet.
const folder = t.testdir({})
const capture = Buffer.alloc(24 + 16 + 60)
for (const [i, word] of [0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1, 0, 0, 60, 60].entries())
  capture.writeUInt32LE(word, i * 4)
writeFileSync(`${folder}/in.pcap`, capture)

const FOLDER = `${root}docs/backends/`
const pages = readdirSync(FOLDER).map((file) => file.replace('.md', ''))

t.same(
  native.backends.names.filter((name) => !pages.includes(name)),
  [],
  'every backend has a page',
)
t.same(
  pages.filter((page) => !native.backends.names.includes(page)),
  [],
  'every page has a backend',
)

const SKIP: Record<string, string | false> = { loop: false, pcap: false, dpdk: withoutDpdk }

for (const backend of pages)
  t.test(backend, { skip: SKIP[backend] ?? noLab }, async (t) => {
    const text = readFileSync(`${FOLDER}${backend}.md`, 'utf8')
    const rows = [...text.matchAll(/^\| `(\w+)` \| ([^|]+) \| .* \|$/gm)]
    const found = Object.fromEntries(rows.map(([, key, fallback]) => [key, fallback]))
    const options = native.backends.of(`${backend}:x`)?.options ?? []
    t.ok(options.length > 0)
    for (const { key, fallback } of options)
      t.equal(found[key], fallback || 'none', `the default of ${key} is on its page`)

    const [, block] = /^```\n([\s\S]*?)^```$/m.exec(text)!
    const commands = block
      .split('\n')
      .filter((line) => line.startsWith('$ npx rxburst drop'))
      .map((line) => line.slice('$ npx rxburst '.length).split(' '))
    t.equal(commands.length, 1, 'it begins with a command that receives')
    const lab = block.includes('rxb-left') ? testLab(t) : undefined
    const args = commands[0].map((word) => word.replace('rxb-left', lab?.hosts[0].near ?? ''))
    const { code, stdout, stderr } = await ended(t, process.execPath, [bin, ...args, '--json'], folder)
    t.equal(code, 0, stderr)
    t.match(JSON.parse(stdout), { rx: Number, dropped: Number })
  })

t.test('each page is linked', async (t) => {
  const table = readFileSync(`${root}docs/backends.md`, 'utf8')
  for (const page of pages) t.ok(table.includes(`(backends/${page}.md)`), page)
  t.ok(existsSync(`${root}docs/options.md`))
})
