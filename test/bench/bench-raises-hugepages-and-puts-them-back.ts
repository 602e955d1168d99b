// The benchmark sees to its hugepages: it raises their number where it may, says so, and puts it back.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { hugepagesHere, raiseHugepages } from '../../dist/lib/bench/environment/hugepages.js'

function folder(t: { teardown(end: () => void): void }, files: Record<string, number>): string {
  const path = mkdtempSync(join(tmpdir(), 'rxb-hugepages-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  for (const [name, pages] of Object.entries(files)) writeFileSync(join(path, name), `${pages}\n`)
  return path
}
const total = (path: string) => Number(readFileSync(join(path, 'nr_hugepages'), 'utf8'))

t.test('too few are raised by what is missing, and put back', (t) => {
  const said: string[] = []
  const path = folder(t, { nr_hugepages: 100, free_hugepages: 40, resv_hugepages: 10 })
  t.same(hugepagesHere(path), { total: 100, free: 30 })
  const putBack = raiseHugepages(50, (text) => said.push(text), path)
  t.equal(total(path), 120)
  putBack()
  t.equal(total(path), 100)
  t.match(said, [/raised from 100 to 120/, /put back to 100/])
  t.end()
})

t.test('enough are left alone', (t) => {
  const path = folder(t, { nr_hugepages: 100, free_hugepages: 60, resv_hugepages: 10 })
  raiseHugepages(50, (text) => t.fail(text), path)()
  t.equal(total(path), 100)
  t.end()
})

t.test('what somebody else has changed meanwhile is left alone', (t) => {
  const path = folder(t, { nr_hugepages: 0, free_hugepages: 0, resv_hugepages: 0 })
  const putBack = raiseHugepages(50, () => {}, path)
  writeFileSync(join(path, 'nr_hugepages'), '70\n')
  putBack()
  t.equal(total(path), 70)
  t.end()
})

t.test('where there are none, and none to be had, nothing happens', (t) => {
  raiseHugepages(50, (text) => t.fail(text), '/nonexistent/hugepages')()
  t.same(hugepagesHere('/nonexistent/hugepages'), { total: 0, free: 0 })
  t.end()
})
