// `promtool check metrics` is silent about every metric there is, with all kinds of labels.
import t from 'tap'
import { promtool, promtoolCheck } from '../fixtures/metrics/promtool.js'
import { namesIn } from '../fixtures/metrics/read.js'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { start, until } from '../fixtures/plane.js'

const { path, skip } = promtool() // in front of the namespace, which has no way to Debian
const inside = inNamespaceOfItsOwn()
const root = process.geteuid?.() === 0

const SENDS = `
  import { DROP } from 'rxburst'
  export default ({ alloc, onTurn, counter }) => {
    const each = ['seen', 'A_b', '_x9'].map((name) => counter(name))
    onTurn(() => alloc(60)?.send(1))
    return (burst) => {
      for (const one of each) one.add(burst.count)
      burst.setAll(DROP)
    }
  }`

t.test('promtool', { skip: skip || (inside && root ? false : 'no namespace, or no root') }, async (t) => {
  const bad = promtoolCheck(path, '# HELP a_counter x\n# TYPE a_counter counter\na_counter 1\n')
  t.not(bad.status, 0, 'it finds what is wrong')
  const { plane, opened } = await start(t, SENDS, {
    open: [
      [
        `afxdp:${ENDS[0]}`,
        {
          steer: ['ether[0] >= 0', 'udp port "4321"'.replaceAll('"', '')],
          queues: [0, 1],
          steering: 'external',
        },
      ],
      [`packet:${ENDS[1]}`, { takeAll: true, queues: [0] }],
    ],
    columns: ['timestamp'],
    measure: true,
    name: 'a"\\b'.replace(/\W/g, '_'),
  })
  await until('packets came', () => plane.snapshot().rx.packets > 100)
  t.ok(Object.keys(opened[0].xstats()).length > 0)
  await until('there is a latency', () => plane.metrics().includes('rxburst_latency_seconds_count'))
  const text = plane.metrics()
  t.same(promtoolCheck(path, text), { status: 0, output: '' })
  t.same(
    namesIn(text).sort(),
    plane
      .families()
      .map(({ name }) => name)
      .sort(),
    'and there is a sample of every metric',
  )
})
