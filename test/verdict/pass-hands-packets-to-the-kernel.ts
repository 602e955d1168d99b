// PASS: the kernel gets a packet as if the interface had received it, so a filter in TypeScript drops one flow and
// nobody notices the rest: ping, ARP and TCP work through a processor that takes everything.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import t from 'tap'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'
import { finish, start, until } from '../fixtures/plane.js'

const MEGABYTES = 5
const PACKETS = 400

t.test('everything passes but one flow', { skip: noLab }, async (t) => {
  const { near, nearAddress, far, onFar, pings } = pair(t, { queues: 2 })
  const { plane, opened } = await start(
    t,
    `import { DROP, PASS, perPacket } from 'rxburst'
     const udp = 17, port = 4399
     export default () => perPacket((packet) =>
       packet.length > 37 && packet.u16(12) === 0x800 && packet.u8(23) === udp && packet.u16(36) === port ? DROP : PASS)`,
    { open: [[`afxdp:${near}`, { takeAll: true }]], idle: 'adaptive' },
  )
  t.equal(opened[0].capabilities.pass, true)

  far('ip', 'neigh', 'flush', 'all')
  t.equal(pings(5), 5, 'ARP and ping')

  const bytes = Buffer.alloc(MEGABYTES << 20, 'rxburst ')
  const received = createHash('sha256')
  const server = createServer((socket) => socket.on('data', (data) => received.update(data)))
  await new Promise<void>((resolve) => server.listen(0, nearAddress, resolve))
  const { port } = server.address() as { port: number }
  const [program, rest] = onFar('bash', '-c', `cat > /dev/tcp/${nearAddress}/${port}`)
  const sender = spawn(program, rest, { stdio: ['pipe', 'inherit', 'inherit'] })
  sender.stdin!.end(bytes)
  await new Promise((resolve) => sender.on('exit', resolve))
  await new Promise((resolve) => server.close(resolve))
  t.equal(received.digest('hex'), createHash('sha256').update(bytes).digest('hex'), 'a TCP session, whole')

  const before = plane.snapshot()
  far('bash', '-c', `for i in 1 2 3 4 5 6 7; do echo x > /dev/udp/${nearAddress}/4399; done`)
  await until('they have come', () => plane.snapshot().dropped.packets >= before.dropped.packets + 7)
  const stats = await finish(t, plane)
  t.equal(stats.dropped.packets - before.dropped.packets, 7, 'the one flow is dropped')
  t.equal(stats.passed.packets, stats.rx.packets - 7, 'all else has passed')
  t.equal(stats.rejected.packets, 0)
})

t.test('packets arrive in order and as they were', { skip: noLab }, async (t) => {
  const { near, nearAddress, onFar, pings } = pair(t)
  const { plane } = await start(
    t,
    `import { PASS } from 'rxburst'; export default () => (burst) => burst.setAll(PASS)`,
    {
      open: [[`afxdp:${near}`, { takeAll: true }]],
      burst: 256,
    },
  )
  const socket = createSocket('udp4')
  const payload: string[] = []
  socket.on('message', (message) => payload.push(message.toString()))
  await new Promise<void>((resolve) => socket.bind(4000, nearAddress, resolve))
  t.teardown(() => socket.close())
  // What waits for the first ARP answer may be overtaken, in the sending kernel, by what comes just after it.
  t.equal(pings(1), 1)
  const sender = spawn(
    ...onFar(
      'bash',
      '-c',
      `for i in $(seq 1000 1399); do [ $((i % 20)) = 0 ] && sleep 0.02; echo "packet $i" > /dev/udp/${nearAddress}/4000; done`,
    ),
  )
  await new Promise((resolve) => sender.on('exit', resolve))
  await until('every packet came', () => payload.length >= PACKETS)
  t.same(
    payload,
    Array.from({ length: PACKETS }, (_, i) => `packet ${1000 + i}\n`),
  )
  await finish(t, plane)
})
