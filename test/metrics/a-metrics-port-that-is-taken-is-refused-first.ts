// A metrics port that can't be had is refused with a code before anything is touched.
import { existsSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { MetricsServer } from 'rxburst/metrics'
import t from 'tap'
import { ended, rxburst } from '../fixtures/child.js'
import { socketPathOf } from '../fixtures/metrics/read.js'
import { processor } from '../fixtures/plane.js'

// No interface has this name, which open() would say.
const NOTHING = 'there-is-none'

t.test('taken', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => void server.close())
  const { port } = server.address() as AddressInfo
  const file = processor(t, 'export default () => () => {}').pathname
  const refused = await rxburst(t, 'run', file, `afxdp:${NOTHING}`, '--take-all', '--metrics', `${port}`)
  t.match(refused, { code: 1, stdout: '', stderr: /address already in use.*\[ERR_METRICS\]\n$/ })
  t.notMatch(refused.stderr, NOTHING, 'the ports were not looked at')
  await t.rejects(MetricsServer.open(`127.0.0.1:${port}`), { code: 'ERR_METRICS' })
})

t.test('paths', async (t) => {
  const folder = t.testdir({ file: 'mine' })
  const path = socketPathOf(t)
  const first = await MetricsServer.open(`unix:${path}`)
  t.equal(first.address, `unix:${path}`)
  await t.rejects(MetricsServer.open(`unix:${path}`), { code: 'ERR_METRICS' }, 'somebody listens there')
  await t.rejects(MetricsServer.open(`unix:${join(folder, 'file')}`), { code: 'ERR_METRICS' })
  t.ok(existsSync(join(folder, 'file')), 'a file that is no socket stays')
  await first.close()
  t.notOk(existsSync(path), 'a socket goes with its server')
  await first.close()
})

t.test('a socket that a killed process left', async (t) => {
  const path = socketPathOf(t)
  const program = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  t.equal((await ended(t, process.execPath, ['-e', program])).signal, 'SIGKILL')
  t.ok(existsSync(path))
  const server = await MetricsServer.open(`unix:${path}`)
  await server.close()
})

t.test('addresses', async (t) => {
  for (const wrong of [
    '',
    'eth0',
    '1.2.3.4',
    '65536',
    ':1',
    '::1:9',
    'unix:',
    `unix:/${'x'.repeat(107)}`,
    '-1',
  ])
    await t.rejects(MetricsServer.open(wrong), { code: 'ERR_BAD_OPTION' }, `'${wrong}'`)
  await t.rejects(MetricsServer.open('192.0.2.1:0'), { code: 'ERR_METRICS' }, "another machine's address")
  for (const [right, at] of [
    ['0', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['127.0.0.2:0', /^http:\/\/127\.0\.0\.2:\d+$/],
    ['localhost:0', /^http:\/\/localhost:\d+$/],
  ] as const) {
    const server = await MetricsServer.open(right)
    t.match(server.address, at)
    await server.close()
  }
  const file = join(t.testdir({}), 'p.mjs')
  writeFileSync(file, 'export default () => () => {}')
  t.match(await rxburst(t, 'run', file, 'loop:a', '--metrics', 'eth0'), {
    code: 1,
    stderr: /\[ERR_BAD_OPTION\]/,
  })
})
