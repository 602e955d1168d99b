// The xstats of a port are what `ethtool -S` prints of its interface.
import { execFileSync } from 'node:child_process'
import { open } from 'rxburst'
import t from 'tap'
import { connect, ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'

const inside = inNamespaceOfItsOwn()

/** What ethtool says, by name. */
function ethtool(name: string): Record<string, number> {
  const text = execFileSync('ethtool', ['-S', name], { encoding: 'utf8' })
  return Object.fromEntries(
    [...text.matchAll(/^ +(.+?): (\d+)$/gm)].map(([, key, value]) => [key, Number(value)]),
  )
}

t.test('statistics of a driver', { skip: inside ? false : 'no namespace can be had' }, async (t) => {
  const port = await open(`packet:${ENDS[0]}`, { takeAll: true })
  t.teardown(() => port.close())
  const wanted = ethtool(ENDS[0])
  t.ok(Object.keys(wanted).length > 5, `ethtool lists ${Object.keys(wanted).length}`)
  t.same(port.xstats(), wanted, 'the same names, the same counts')
  const other = await open('loop:a')
  t.same(other.xstats(), {}, 'a port without a driver has none')
  await other.close()
  t.throws(() => other.xstats(), { code: 'ERR_CLOSED' })

  connect('x0', 'x1')
  const lost = await open('socket:x0', { takeAll: true })
  t.ok(Object.keys(lost.xstats()).length > 5)
  execFileSync('ip', ['link', 'del', 'x0'])
  t.same(lost.xstats(), {}, 'nor has one whose interface is gone')
  await lost.close()

  execFileSync('ip', ['link', 'set', 'lo', 'mtu', '1500', 'up'])
  const bare = await open('packet:lo', { takeAll: true })
  t.same(bare.xstats(), {}, 'nor one whose driver counts nothing')
  await bare.close()
})
