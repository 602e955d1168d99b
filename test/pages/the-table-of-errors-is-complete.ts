import { readFileSync } from 'node:fs'
import t from 'tap'
import { layout } from '../../dist/lib/native.js'
import { root } from '../fixtures/child.js'

t.test('docs/errors.md and native/abi/layout.h', async (t) => {
  const page = readFileSync(`${root}docs/errors.md`, 'utf8')
  const rows = [...page.matchAll(/^\| `(ERR_[A-Z_]+)` \| ([^|]+) \| ([^|]+) \|$/gm)]
  const documented = Object.fromEntries(rows.map(([, code, meaning]) => [code, meaning]))
  const known = Object.fromEntries(layout.errors.map(({ code, meaning }) => [code, meaning]))
  t.same(documented, known, 'the same codes, with the same meanings')
  t.same(
    rows.map(([, code]) => code),
    layout.errors.map(({ code }) => code),
    'in the same order, each once',
  )
  t.equal(rows.length, page.match(/^\| `/gm)?.length, 'every row says what to do')
})
