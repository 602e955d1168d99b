// The RSS table is set, read and reset by the same bytes that ethtool(8) sends.
import t from 'tap'
import { FakeNic } from '../fixtures/nic/fake-nic.js'

t.test('a table', async (t) => {
  const nic = new FakeNic(t)
  nic.ethtool('-X', nic.name, 'weight', '1', '1', '1', '0')
  const [theirs] = nic.requests()
  const table = nic.addon<number[]>(`native.nic.rss('${nic.name}')`)
  t.same([...new Set(table)], [0, 1, 2])
  nic.addon(`native.nic.setRss({ interface: '${nic.name}', table: ${JSON.stringify(table)} })`)
  t.same(nic.requests(), [theirs])
})

t.test('the default', async (t) => {
  const nic = new FakeNic(t)
  nic.addon(`native.nic.setRss({ interface: '${nic.name}', table: new Array(128).fill(2) })`)
  nic.requests()
  nic.ethtool('-X', nic.name, 'default')
  const [theirs] = nic.requests()
  nic.addon(`native.nic.setRss({ interface: '${nic.name}', table: [] })`)
  t.same(nic.requests(), [theirs])
  t.same(
    nic.addon(`native.nic.rss('${nic.name}')`),
    Array.from({ length: 128 }, (_, i) => i % 4),
  )
})

t.test('a driver without a table answers EOPNOTSUPP', async (t) => {
  const nic = new FakeNic(t, 'rss')
  t.throws(() => nic.addon(`native.nic.rss('${nic.name}')`), {
    code: 'ERR_NOT_SUPPORTED',
    message: /EOPNOTSUPP/,
  })
})
