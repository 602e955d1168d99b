// `rxburst bench wire --json`: six ratios with ids, each of two rows, and the heap of every row of ours; nothing is
// left behind.
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { withoutDpdk } from '../fixtures/dpdk.js'

const IDS = ['locate', 'locate-mixed', 'set', 'lpm', 'hash', 'flows']
interface Row {
  name: string
  kind: string
  mode: string
  status: string
  why?: string
  runs: number[]
  heap_bytes_per_packet?: number
}

const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('rxburst-wire-'))

t.test('one short run', { skip: withoutDpdk, timeout: 280_000 }, async (t) => {
  const before = folders()
  const { code, stdout, stderr } = await rxburst(t, 'bench', 'wire', '--json', '--duration', '8')
  t.equal(code, 0, stderr)
  const [{ results, ratios }] = JSON.parse(stdout).scenarios as [
    { results: Row[]; ratios: { id?: string; of: string; to: string; what: string }[] },
  ]
  t.same(
    ratios.flatMap(({ id }) => id ?? []),
    IDS,
  )
  const rowOf = (name: string) => results.find((row) => row.name === name)
  for (const { id, of, to, what } of ratios) {
    if (id === undefined) continue
    t.equal(rowOf(of)?.mode.replace('flows-wire', 'flows'), id, `${of} is the row of ${id}`)
    t.ok(rowOf(of)?.runs.length && rowOf(to)?.runs.length, `${of} and ${to} have figures`)
    t.equal(what, 'mpps')
  }
  t.equal(ratios.find(({ id }) => id === 'flows')?.to, 'TypeScript burst flows, burst 32')
  for (const row of results.filter(({ kind, mode }) => kind === 'ours' && mode !== 'flows'))
    t.ok(row.heap_bytes_per_packet! < 1, `${row.name}: ${row.heap_bytes_per_packet} bytes of heap a packet`)
  t.same(
    folders().filter((name) => !before.includes(name)),
    [],
    'no file is left',
  )
})
