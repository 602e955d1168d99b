// examples/12-nat.ts carries curl's requests and answers of many lengths, UDP and ping; the server sees the outside
// address only. What is behind the outside's router is reached too, and an ICMP error finds its way back.
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
  }).listen(8000, '0.0.0.0', () => console.log('listening'))
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
  })
  setTimeout(() => {
    console.log('no answer')
    process.exit(1)
  }, 60_000).unref()`

// Asks a port where nobody listens: the kernel there sends an ICMP error, which closes the socket here.
const REFUSED = `
  const socket = require('node:dgram').createSocket('udp4')
  socket.on('error', ({ code }) => {
    console.log(code)
    process.exit()
  })
  socket.connect(8009, '192.0.2.2', () => setInterval(() => socket.send('hello', () => {}), 200))
  setTimeout(() => {
    console.log('no error')
    process.exit(1)
  }, 60_000).unref()`

t.test('in a lab', { skip: noLab }, async (t) => {
  const lab = testLab(t)
  const left = (...command: string[]) => ended(t, ...on(lab, 'left', command))
  const right = (...command: string[]) => ended(t, ...on(lab, 'right', command))
  await left('ip', 'route', 'add', '192.0.2.0/24', 'via', '10.77.0.9')
  await left('ip', 'route', 'add', '198.51.100.0/24', 'via', '10.77.0.9')
  await right('ip', 'address', 'add', '192.0.2.2/24', 'dev', 'eth0')
  await right('ip', 'address', 'add', '198.51.100.1/32', 'dev', 'lo')
  const server = start(t, ...on(lab, 'right', [process.execPath, '-e', SERVER]))
  await server.prints(/listening/)

  const ports = lab.hosts.map(({ near }) => `afxdp:${near}`)
  const data = { inside: '10.77.0.9/24', outside: '192.0.2.1/24', gateway: '192.0.2.2' }
  const program = await example(t, '12-nat.ts', ports, data)
  t.equal(
    await ping(t, lab, 3, '192.0.2.2'),
    3,
    'ping: none is lost, not even the one that ARP was asked for',
  )
  t.equal(await ping(t, lab, 1, '198.51.100.1'), 1, 'an address behind the router of the outside')
  const format = '%{http_code} %{size_download} %header{x-client}'
  for (const bytes of [0, 1, 1000, 100_000, 3_000_000]) {
    const words = [
      '--max-time',
      '60',
      '--silent',
      '--show-error',
      '--output',
      '/dev/null',
      '--write-out',
      format,
    ]
    const { stdout, stderr } = await left('curl', ...words, `http://192.0.2.2:8000/${bytes}`)
    t.equal(stdout, `200 ${bytes} 192.0.2.1`, `an answer of ${bytes} bytes ${stderr}`)
  }
  const together =
    'for i in 1 2 3 4 5 6 7 8; do curl --max-time 60 --silent http://192.0.2.2:8000/64000 | cksum & done; wait'
  const { stdout } = await left('sh', '-c', together)
  t.same(stdout.split('\n').length, 9, 'eight at once')
  t.equal(new Set(stdout.trim().split('\n')).size, 1, 'and each its own bytes')
  const udp = await left(process.execPath, '-e', CLIENT)
  t.equal(udp.stdout, 'hello from 192.0.2.1\n', 'UDP too')
  const refused = await left(process.execPath, '-e', REFUSED)
  t.equal(refused.stdout, 'ECONNREFUSED\n', 'an ICMP error comes back to who caused it')
  t.equal(await ping(t, lab, 1, '10.77.0.2', SILENCE), 0, 'nothing goes round the gateway')
  t.match(await stop(t, program), { kept: 0, rejected: 0 })
})
