// examples/12-nat.ts carries curl's requests and answers of many lengths; the server sees the outside address only.
import t from 'tap'
import { ended, start } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { example, stop } from '../fixtures/programs/examples.js'
import { on, ping, SILENCE } from '../fixtures/traffic/hosts.js'

// Says who asked, and sends as many bytes back as the path says.
const SERVER = `
  const { createServer } = require('node:http')
  createServer(({ url, socket }, answer) => {
    answer.setHeader('X-Client', socket.remoteAddress)
    answer.end(Buffer.alloc(Number(url.slice(1)), 'rxburst '))
  }).listen(8000, '192.0.2.2', () => console.log('listening'))
  const echo = require('node:dgram').createSocket('udp4')
  echo.on('message', (message, { address, port }) => echo.send(message + ' from ' + address, port, address))
  echo.bind(8001, '192.0.2.2')`

const CLIENT = `
  const socket = require('node:dgram').createSocket('udp4')
  const again = setInterval(() => socket.send('hello', 8001, '192.0.2.2'), 200)
  socket.on('message', (message) => {
    clearInterval(again)
    socket.close()
    console.log(String(message))
  })`

t.test('in a lab', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const left = (...command: string[]) => ended(t, ...on(lab, 'left', command))
  const right = (...command: string[]) => ended(t, ...on(lab, 'right', command))
  await left('ip', 'route', 'add', '192.0.2.0/24', 'via', '10.77.0.9')
  await right('ip', 'address', 'add', '192.0.2.2/24', 'dev', 'eth0')
  const server = start(t, ...on(lab, 'right', [process.execPath, '-e', SERVER]))
  await server.prints(/listening/)

  const ports = lab.hosts.map(({ near }) => `afxdp:${near}`)
  const program = await example(t, '12-nat.ts', ports, { inside: '10.77.0.9', outside: '192.0.2.1' })
  const format = '%{http_code} %{size_download} %header{x-client}'
  for (const bytes of [0, 1, 1000, 100_000, 3_000_000]) {
    const words = ['--silent', '--show-error', '--output', '/dev/null', '--write-out', format]
    const { stdout, stderr } = await left('curl', ...words, `http://192.0.2.2:8000/${bytes}`)
    t.equal(stdout, `200 ${bytes} 192.0.2.1`, `an answer of ${bytes} bytes ${stderr}`)
  }
  const together =
    'for i in 1 2 3 4 5 6 7 8; do curl --silent http://192.0.2.2:8000/64000 | cksum & done; wait'
  const { stdout } = await left('sh', '-c', together)
  t.same(stdout.split('\n').length, 9, 'eight at once')
  t.equal(new Set(stdout.trim().split('\n')).size, 1, 'and each its own bytes')
  const udp = await left(process.execPath, '-e', CLIENT)
  t.equal(udp.stdout, 'hello from 192.0.2.1\n', 'UDP too')
  t.equal(await ping(t, lab, 1, '10.77.0.2', SILENCE), 0, 'nothing goes round the gateway')
  t.match(await stop(t, program), { kept: 0, rejected: 0 })
})
