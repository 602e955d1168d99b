// `rxburst flows` asks the data plane of a name or a process. Without one, without tables, without flows and with a
// wrong option it says so; requests that are none are refused with a code.
import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { CAROUSEL, connectRaw, controlFolder, socketsIn } from '../fixtures/control.js'
import { start } from '../fixtures/plane.js'
import { flowing, WIRE } from '../fixtures/traffic/flows.js'

t.test('a wrong name', async (t) => {
  controlFolder(t)
  t.match(await rxburst(t, 'flows', 'fw'), { code: 1, stdout: '', stderr: /'fw'.*\[ERR_NO_PLANE\]\n$/ })
  t.match(await rxburst(t, 'flows', '1'), { code: 1, stdout: '', stderr: /\[ERR_NO_PLANE\]/ })
  t.match(await rxburst(t, 'flows', 'loop:a'), { code: 1, stderr: /\[ERR_BAD_ARGUMENT\]/ })
  t.match(await rxburst(t, 'flows'), { code: 1, stderr: /missing required argument 'plane'/ })
  t.match(await rxburst(t, 'flows', 'fw', '--top', 'age'), { code: 1, stderr: /packets, bytes/ })
  for (const count of ['0', '1.5', '1000001'])
    t.match(await rxburst(t, 'flows', 'fw', '-n', count), { code: 1, stderr: /1 to 1000000/ }, `-n ${count}`)
  const help = await rxburst(t, 'flows', '--help')
  t.match(help, { code: 0, stdout: /Examples:\n {2}\$ npx rxburst flows fw\n/ })
})

t.test('no table, no flows', async (t) => {
  const folder = controlFolder(t)
  const { plane } = await start(t, CAROUSEL, { name: 'plain' })
  const without = {
    code: 0,
    stderr: '',
    stdout: "the data plane 'plain' has no table of flows: its processor makes none\n",
  }
  t.match(await rxburst(t, 'flows', 'plain'), without)
  t.match(await rxburst(t, 'flows', 'plain', '--json'), {
    code: 0,
    stdout: '{"flows":[],"total":0,"tables":0}\n',
  })
  t.match(await rxburst(t, 'flows', 'plan'), { code: 1, stderr: /did you mean plain\?/ })

  const raw = await connectRaw(t, socketsIn(folder)[0])
  const ask = (fields: object) => raw.ask(JSON.stringify({ v: 1, request: 'flows', ...fields }))
  t.match(await ask({}), { ok: true, answer: { flows: [], live: 0, next: null, tables: 0 } })
  t.match(await ask({ top: 'age' }), { ok: false, code: 'ERR_BAD_ARGUMENT' })
  for (const count of [0, 1.5, '3', -1]) t.match(await ask({ count }), { ok: false, code: 'ERR_BAD_OPTION' })
  for (const next of [5, {}, { worker: -1, table: 0, from: 0 }, { worker: 0, table: 0, from: '0' }])
    t.match(await ask({ next }), { ok: false, code: 'ERR_BAD_OPTION' }, JSON.stringify(next))
  t.match(await ask({ next: { worker: 9, table: 9, from: 9 } }), {
    ok: true,
    answer: { flows: [], next: null },
  })
  raw.socket.destroy()
  await plane.stop()
})

t.test('tables without flows', async (t) => {
  controlFolder(t)
  const source = flowing(`
    context.flows.shape('5tuple')
    context.flows.shape('mac')
    return perPacket(() => DROP)`)
  await start(t, source, { open: WIRE, name: 'fw' })
  t.match(await rxburst(t, 'flows', 'fw'), { code: 0, stdout: "the data plane 'fw' has no flows now\n" })
  t.match(await rxburst(t, 'flows', `${process.pid}`, '--json'), {
    code: 0,
    stdout: '{"flows":[],"total":0,"tables":2}\n',
  })
})
