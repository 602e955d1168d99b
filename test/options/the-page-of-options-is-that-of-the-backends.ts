// `rxburst options` prints each backend's table, docs/options.md is that table, and the types name the same defaults.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { native } from '../../dist/lib/native.js'
import { root, rxburst } from '../fixtures/child.js'

/** A page without the sections of these backends. */
const without = (page: string, backends: readonly string[]) =>
  page
    .split(/^(?=## )/m)
    .filter((section) => !backends.some((name) => section.startsWith(`## ${name}\n`)))
    .join('')

t.test('as a page', async (t) => {
  const missing = native.backends.names.filter((name) => native.backends.problem(`${name}:any`))
  const { code, stdout, stderr } = await rxburst(t, 'options', '--markdown')
  t.equal(code, 0, stderr)
  const page = readFileSync(`${root}docs/options.md`, 'utf8')
  t.equal(
    without(page, missing),
    without(stdout, missing),
    'npx rxburst options --markdown > docs/options.md',
  )
  for (const name of native.backends.names) t.match(page, new RegExp(`^## ${name}$`, 'm'))
})

t.test('as text and as JSON', async (t) => {
  const text = await rxburst(t, 'options', 'afxdp:')
  t.match(text.stdout, /^afxdp:\n {2}mode .*\n(.*\n)* {2}ring +power of two, 64 to 32768 +2048 +descriptors/)
  t.notMatch(text.stdout, /loop:/)
  const [only] = JSON.parse((await rxburst(t, 'options', 'packet', '--json')).stdout)
  t.same(only.options, native.backends.of('packet:any')!.options)
  const wrong = await rxburst(t, 'options', 'afxpd')
  t.equal(wrong.code, 1)
  t.match(wrong.stderr, /no backend 'afxpd'.*afxdp.*\[ERR_NO_BACKEND\]/)
})

t.test('a value that a docstring calls the default is the default', async (t) => {
  const source = readFileSync(`${root}lib/control/open/options.ts`, 'utf8')
  let seen = 0
  for (const name of native.backends.names) {
    const own = new RegExp(`interface ${name}Options.*?^}`, 'ims').exec(source)?.[0] ?? ''
    for (const { key, fallback } of native.backends.of(`${name}:any`)?.options ?? []) {
      const said = new RegExp(`Default ('[\\w-]+'|\\d+|true|false)\\. \\*/\\s+${key}\\?`).exec(own)?.[1]
      if (said === undefined) continue
      seen++
      t.equal(said.replaceAll("'", ''), fallback, `${name}: ${key}`)
    }
  }
  t.ok(seen >= 8, `${seen} defaults were compared`)
})
