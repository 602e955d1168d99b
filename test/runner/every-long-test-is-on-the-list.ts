// scripts/test-long.mjs lists each test that reads a length, with the variable that it reads; and such a test takes a
// seed.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { root } from '../fixtures/child.js'

const LENGTH = /process\.env\.(ROUNDS|RXBURST_(?!SEED)[A-Z]+)\s*\?\?\s*[\d_]+/g
const { LONG } = (await import('../../scripts/test-long.mjs')) as { LONG: [string, Record<string, number>][] }

t.test('the list', async (t) => {
  const files = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /^(?!fixtures)\w+\/.*\.ts$/.test(file) && !import.meta.url.endsWith(file),
  )
  const texts = new Map(files.map((file) => [file.slice(0, -3), readFileSync(`${root}test/${file}`, 'utf8')]))
  const read = new Map(
    [...texts]
      .map(([name, text]) => [name, [...text.matchAll(LENGTH)].map(([, variable]) => variable)] as const)
      .filter(([, variables]) => variables.length > 0),
  )
  t.same(
    Object.fromEntries(LONG.map(([name, length]) => [name, Object.keys(length)])),
    Object.fromEntries(read),
    'the same tests, with the same variables',
  )
  for (const [name] of LONG)
    if (/random\(|Random\(|[sS]eed/.test(texts.get(name) ?? ''))
      t.match(texts.get(name), /process\.env\.RXBURST_SEED/, `${name} takes a seed`)
})

t.test('npm run test:long', async (t) => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/test-long.mjs', 'no-such-test'], {
    cwd: root,
    encoding: 'utf8',
  })
  t.match({ status, stderr }, { status: 2, stderr: /no long test has 'no-such-test'.*steer-layers-agree/ })
})
