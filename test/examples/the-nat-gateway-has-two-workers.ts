// examples/12-nat.ts carries a thousand connections of curl in two workers: it chooses ports that bring the answers to
// the worker that sent the questions. There are fewer ports than connections, so ports are used again after their time.
import { open, type Port } from 'rxburst'
import { flowHash } from 'rxburst/wire'
import t from 'tap'
import { ended, root, start } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { finish, start as startPlane } from '../fixtures/plane.js'
import { on } from '../fixtures/traffic/hosts.js'

const CONNECTIONS = 1000
const FLOWS = 768 // ports of each worker, half of which bring answers to one queue

const SERVER = `
  require('node:http').createServer(({ socket }, answer) => {
    answer.setHeader('X-Client', socket.remoteAddress + ' ' + socket.remotePort)
    answer.end(Buffer.alloc(3000, 'rxburst '))
  }).listen(8000, '0.0.0.0', () => console.log('listening'))`

t.test('in a lab', { skip: noLab }, async (t) => {
  const lab = testLab(t, { queues: 2 })
  const left = (...command: string[]) => ended(t, ...on(lab, 'left', command))
  const right = (...command: string[]) => ended(t, ...on(lab, 'right', command))
  await left('ip', 'route', 'add', '192.0.2.0/24', 'via', '10.77.0.9')
  await right('ip', 'address', 'add', '192.0.2.2/24', 'dev', 'eth0')
  const hash = flowHash()
  const mask = Array.from({ length: 16 }, (_, bit) => (hash.ipv4(1 << bit, 0) & 1) << bit)
  const bits = String(mask.reduce((sum, bit) => sum | bit))
  for (const side of ['left', 'right'] as const) {
    const nic = ['python3', `${root}test/fixtures/nic/rss-queue.py`, 'eth0', bits]
    await start(t, ...on(lab, side, nic)).says('attached')
  }
  const server = start(t, ...on(lab, 'right', [process.execPath, '-e', SERVER]))
  await server.prints(/listening/)

  const ports: Port[] = []
  for (const { near } of lab.hosts) ports.push(await open(`afxdp:${near}`, { takeAll: true }))
  const data = {
    inside: '10.77.0.9/24',
    outside: '192.0.2.1/24',
    workers: 2,
    flows: FLOWS,
    idleMs: 1000,
  }
  const { plane } = await startPlane(t, new URL('../../examples/12-nat.ts', import.meta.url), {
    open: [],
    ports,
    directions: 'meet',
    workers: [0, 1].map((i) => ({ queues: ports.map((port) => port.queue(i)), data })),
  })
  t.teardown(async () => {
    await plane.stop()
    for (const port of ports) await port.close()
  })

  const words = '--no-progress-meter --max-time 120 --parallel --parallel-immediate --parallel-max 40'
  const { stdout, stderr } = await left(
    ...['curl', ...words.split(' '), '--header', 'Connection: close', '--output', '/dev/null'],
    ...['--write-out', '%{http_code} %{size_download} %header{x-client}\n'],
    `http://192.0.2.2:8000/[1-${CONNECTIONS}]`,
  )
  const answers = stdout.trim().split('\n')
  t.equal(answers.length, CONNECTIONS, stderr)
  t.same(
    answers.filter((answer) => !answer.startsWith('200 3000 192.0.2.1 ')),
    [],
    'each connection has its answer, and the server saw the outside address',
  )
  const used = new Set(answers.map((answer) => answer.split(' ')[3]))
  t.ok(used.size <= FLOWS, `${used.size} ports did for them, one after the other`)
  const { workers } = plane.snapshot()
  t.ok(
    workers.every(({ hits }) => hits.packets > CONNECTIONS),
    `flows did the work in both workers: ${workers.map(({ hits }) => hits.packets).join(' and ')} packets`,
  )
  await finish(t, plane)
})
