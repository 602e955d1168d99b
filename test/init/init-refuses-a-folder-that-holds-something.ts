// `rxburst init` writes into no folder that holds anything, over no file, and says so with a code; --help has examples.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { rxburst } from '../fixtures/child.js'

const folder = t.testdir({ full: { '.hidden': '' }, file: 'text', 'read-only': {} })

for (const [what, path, message] of [
  [
    'a folder with a file',
    'full',
    /wants an empty folder, and .*full holds \.hidden: .* \[ERR_BAD_ARGUMENT\]/,
  ],
  ['a file', 'file', /wants a folder, and .*file is a file.*\[ERR_BAD_ARGUMENT\]/],
  ['a folder below a file', 'file/below', /can't write .*ENOTDIR.*\[ERR_SYSTEM\]/],
] as const)
  t.test(what, async (t) => {
    const { code, stdout, stderr } = await rxburst(t, 'init', join(folder, path))
    t.equal(code, 1)
    t.equal(stdout, '')
    t.match(stderr, message)
    t.same(readdirSync(join(folder, 'full')), ['.hidden'])
    t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'text')
  })

t.test('without a folder', async (t) => {
  const { code, stderr } = await rxburst(t, 'init')
  t.equal(code, 1)
  t.match(stderr, /missing required argument 'dir'/)
})

t.test('--help', async (t) => {
  const { code, stdout } = await rxburst(t, 'init', '--help')
  t.equal(code, 0)
  t.match(stdout, /Examples:\n {2}\$ npx rxburst init firewall/)
})
