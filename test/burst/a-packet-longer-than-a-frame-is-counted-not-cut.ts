// What is longer than a frame (made by GRO or TSO, or by an MTU that was raised) is counted as lost, never handed out
// cut.
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { promisify } from 'node:util'
import t from 'tap'
import { ENDS, inNamespaceOfItsOwn } from '../fixtures/namespace.js'
import { finish, shared, start, until } from '../fixtures/plane.js'

const met = inNamespaceOfItsOwn()

// data: packets seen, the longest of them
const measure = `
  import { DROP } from 'rxburst'
  export default ({ data }) => (burst) => {
    data[0] += burst.count
    for (let i = 0; i < burst.count; i++) data[1] = Math.max(data[1], burst.length[i])
    burst.setAll(DROP)
  }`

const ip = (...words: string[]) => execFileSync('ip', words)
const UDP_HEADERS = 14 + 20 + 8
const PEER = '198.51.100.9'

/** The kernel of the other end sends datagrams that make frames of these lengths. */
async function sendFrames(lengths: readonly number[]): Promise<void> {
  ip('addr', 'add', '198.51.100.1/24', 'dev', ENDS[0])
  ip('neigh', 'add', PEER, 'lladdr', '02:00:00:00:00:99', 'dev', ENDS[0], 'nud', 'permanent')
  const socket = createSocket('udp4')
  const send = promisify((bytes: number, done: (error: Error | null) => void) =>
    socket.send(Buffer.alloc(bytes), 9, PEER, done),
  )
  for (const length of lengths) await send(length - UDP_HEADERS)
  socket.close()
  ip('addr', 'flush', 'dev', ENDS[0])
}

for (const backend of ['socket', 'packet'])
  t.test(backend, { skip: !met && 'this machine gives no network namespace' }, async (t) => {
    const data = shared(2)
    const { plane } = await start(t, measure, { open: [`${backend}:${ENDS[1]}`], data })
    for (const end of ENDS) ip('link', 'set', end, 'mtu', '4000')
    await sendFrames([60, 3000, 61, 2000, 62])
    await until(
      'the short ones arrive, the long ones are counted',
      () => data[0] === 3 && plane.snapshot().lost.rx_truncated === 2,
    )
    const stats = await finish(t, plane)
    t.equal(data[1], 62, 'nothing was cut to fit')
    t.equal(stats.lost.rx_truncated, 2)
    for (const end of ENDS) ip('link', 'set', end, 'mtu', '1500')
  })
