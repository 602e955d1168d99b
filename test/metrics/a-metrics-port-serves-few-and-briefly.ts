// A metrics port has limits: connections, headers and time; its Unix socket is its user's alone.
import { statSync } from 'node:fs'
import { MetricsServer } from 'rxburst/metrics'
import t from 'tap'
import { connectRaw } from '../fixtures/control.js'
import { ask, socketPathOf } from '../fixtures/metrics/read.js'
import { until } from '../fixtures/plane.js'

t.test('limits', async (t) => {
  const path = socketPathOf(t)
  const server = await MetricsServer.open(`unix:${path}`)
  t.teardown(() => server.close())
  t.equal(statSync(path).mode & 0o777, 0o600, 'nobody else reaches the socket')
  const idle = await Promise.all(Array.from({ length: 20 }, () => connectRaw(t, path)))
  await until('four are hung up on', () => idle.filter(({ closed }) => closed).length === 4)
  for (const { socket } of idle) socket.destroy()
  await until('others are answered then', async () =>
    ask({ socketPath: path }, '/metrics').then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  const eager = await connectRaw(t, path)
  eager.socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000))
  await until('a connection has one answer', () => eager.closed)
  t.equal(eager.text.match(/^HTTP\/1\.1 200 /gm)?.length, 1, 'of a thousand requests')
  const large = await connectRaw(t, path)
  large.socket.write(`GET /metrics HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(9000)}\r\n\r\n`)
  await until('long headers are refused', () => large.closed)
  t.match(large.text, /^HTTP\/1\.1 431 /)
  const slow = await connectRaw(t, path)
  slow.socket.write('GET /metrics HTTP/1.1\r\n')
  await until('a request without an end is given up', () => slow.closed)
  t.match(slow.text, /^HTTP\/1\.1 408 /)
})
