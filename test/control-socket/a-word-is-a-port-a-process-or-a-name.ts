// A word with a colon is a port, digits are a process, and any other word is a name.
import t from 'tap'
import { connectTo, findPlane, meantBy } from '../../dist/lib/control-socket/find.js'
import { CAROUSEL, controlFolder } from '../fixtures/control.js'
import { start } from '../fixtures/plane.js'

t.test('by its form', async (t) => {
  t.same(meantBy('afxdp:eth0'), { kind: 'port', port: 'afxdp:eth0' })
  t.same(meantBy('1:2'), { kind: 'port', port: '1:2' })
  t.same(meantBy('4321'), { kind: 'pid', pid: 4321 })
  t.same(meantBy('fw'), { kind: 'name', name: 'fw' })
  t.same(meantBy('4fw'), { kind: 'name', name: '4fw' })
})

t.test('a data plane', async (t) => {
  controlFolder(t)
  t.throws(() => findPlane('fw'), { code: 'ERR_NO_PLANE', message: /none runs/ })
  const { plane: one } = await start(t, CAROUSEL, { open: ['loop:a'], name: 'one' })
  t.match(findPlane(`${process.pid}`), { name: 'one' })
  const { plane: two } = await start(t, CAROUSEL, { open: ['loop:b'], name: 'two' })
  t.match(findPlane('two'), { name: 'two', pid: process.pid })
  t.throws(() => findPlane(`${process.pid}`), {
    code: 'ERR_BAD_ARGUMENT',
    message: /one \(\d+\), two|two \(\d+\), one/,
  })
  t.throws(() => findPlane('tow'), { code: 'ERR_NO_PLANE', message: /did you mean two\?/ })
  t.throws(() => findPlane('loop:a'), { code: 'ERR_BAD_ARGUMENT' })

  const client = await connectTo('two')
  t.match(await client.ask('status'), { name: 'two', state: 'running', ports: [{ name: 'loop:b' }] })
  await t.rejects(client.ask('nothing'), { code: 'ERR_NOT_SUPPORTED' })
  await two.stop()
  await t.rejects(client.ask('status'), { code: 'ERR_CONTROL', message: /hung up/ }, 'one that ends hangs up')
  client.close()
  await t.rejects(connectTo('two'), { code: 'ERR_NO_PLANE' })
  await one.stop()
})
