// A metrics port has limits: connections, headers and time; its Unix socket is its user's alone.
import { statSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { MetricsServer } from 'rxburst/metrics'
import t, { type Test } from 'tap'
import { ask, socketPathOf } from '../fixtures/metrics/read.js'
import { until } from '../fixtures/plane.js'

async function connect(
  t: Test,
  path: string,
): Promise<{ socket: Socket; closed: () => boolean; text: () => string }> {
  const socket = createConnection({ path })
  t.teardown(() => void socket.destroy())
  let closed = false
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    closed = true
  })
  await until('a connection', () => closed || !socket.connecting)
  return { socket, closed: () => closed, text: () => text }
}

t.test('limits', async (t) => {
  const path = socketPathOf(t)
  const server = await MetricsServer.open(`unix:${path}`)
  t.teardown(() => server.close())
  t.equal(statSync(path).mode & 0o777, 0o600, 'nobody else reaches the socket')
  const idle = await Promise.all(Array.from({ length: 20 }, () => connect(t, path)))
  await until('four are hung up on', () => idle.filter(({ closed }) => closed()).length === 4)
  for (const { socket } of idle) socket.destroy()
  await until('others are answered then', async () =>
    ask({ socketPath: path }, '/metrics').then(
      ({ status }) => status === 200,
      () => false,
    ),
  )
  const large = await connect(t, path)
  large.socket.write(`GET /metrics HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(9000)}\r\n\r\n`)
  await until('long headers are refused', () => large.closed())
  t.match(large.text(), /^HTTP\/1\.1 431 /)
  const slow = await connect(t, path)
  slow.socket.write('GET /metrics HTTP/1.1\r\n')
  await until('a request without an end is given up', () => slow.closed())
  t.match(slow.text(), /^HTTP\/1\.1 408 /)
})
