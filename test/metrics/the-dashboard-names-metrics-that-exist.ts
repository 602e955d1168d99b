// Each expression of docs/grafana-dashboard.json can be read by Prometheus, and names metrics that a data plane has.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../fixtures/child.js'
import { promtool } from '../fixtures/metrics/promtool.js'
import { start } from '../fixtures/plane.js'

interface Panel {
  title: string
  type: string
  targets?: { expr: string; legendFormat: string }[]
}

const dashboard = JSON.parse(readFileSync(`${root}docs/grafana-dashboard.json`, 'utf8')) as {
  panels: Panel[]
  templating: { list: { name: string; query: string | { query: string } }[] }
}
const expressions = dashboard.panels.flatMap(({ targets }) => targets ?? []).map(({ expr }) => expr)
const queries = dashboard.templating.list.flatMap(({ query }) =>
  typeof query === 'string' ? [] : [query.query],
)

t.test('names', async (t) => {
  const { plane } = await start(t, 'export default () => (burst) => burst.setAll(0)')
  const types = new Map(plane.families().map(({ name, type }) => [name, type]))
  const labels = new Map(
    plane.families().map(({ name, samples }) => [name, Object.keys(samples[0]?.labels ?? {})]),
  )
  t.ok(expressions.length > 15, `${expressions.length} expressions`)
  for (const expression of [...expressions, ...queries]) {
    const names = expression.match(/\brxburst_\w+/g) ?? []
    t.ok(names.length > 0, `it names a metric: ${expression}`)
    for (const name of names) {
      const plain = name.replace(/_bucket$/, '')
      t.equal(types.get(plain), name === plain ? (types.get(name) ?? 'a metric') : 'histogram', name)
      if (types.get(plain) === 'counter') t.match(expression, `rate(${name}{`, 'a counter is shown as a rate')
      const wanted = /\bby \(([^)]*)\)/.exec(expression)?.[1].split(', ') ?? []
      const known = labels.get(plain) ?? []
      if (known.length > 0 && types.get(plain) !== 'histogram')
        t.same(
          wanted.filter((label) => !known.includes(label)),
          [],
          `${name} has the labels ${wanted.join(', ')}`,
        )
    }
  }
})

const { path, skip } = promtool()
t.test('syntax', { skip }, async (t) => {
  const variables = new Set(dashboard.templating.list.map(({ name }) => `$${name}`))
  const used = expressions.flatMap((text) => text.match(/\$(?!__)\w+/g) ?? [])
  t.same(
    used.filter((name) => !variables.has(name)),
    [],
    'each variable is there',
  )
  const check = (all: string[]) => {
    const rules = all.map((text, i) => ({
      record: `rule:${i}`,
      expr: text.replaceAll('$__rate_interval', '1m'),
    }))
    const file = join(t.testdirName, 'rules.yml')
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] })) // JSON is YAML
    return spawnSync(path, ['check', 'rules', file], { encoding: 'utf8' })
  }
  t.testdir({})
  t.not(check(['sum(']).status, 0, 'promtool finds what is wrong')
  const { status, stdout, stderr } = check(expressions)
  t.equal(status, 0, stderr)
  t.match(stdout, `${expressions.length} rules found`)
})
