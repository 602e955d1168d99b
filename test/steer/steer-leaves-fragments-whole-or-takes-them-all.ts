// A datagram that the sender's kernel fragments reaches the receiver's socket whole although its port is steered; with
// fragments: 'take' all its fragments come to us, and with a rule that keeps it none.
import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { LabState } from '../../dist/lib/lab/lab.js'
import { onHost } from '../../dist/lib/lab/lab.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { finish, start, until } from '../fixtures/plane.js'

const drop = `import { DROP } from 'rxburst'; export default () => (burst) => burst.setAll(DROP)`
const rule = 'udp dst port 4321'
const LONG = 4000 // with an MTU of 1500: three fragments
const ADDRESS6 = { near: 'fd77::11', far: 'fd77::1' }

/** Sends datagrams to UDP port 4321 from the host on the left. */
function send(lab: LabState, address: string, lengths: readonly number[]) {
  const script = `import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
for n in sys.argv[2:]: s.sendto(b'x' * int(n), (sys.argv[1], 4321))`
  const [program, ...rest] = onHost(
    'left',
    ['python3', '-c', script, address, ...lengths.map(String)],
    lab.lab,
  )
  execFileSync(program, rest)
}

/** A socket of this kernel's, and the lengths of what it has received. */
async function listen(t: Test, address: string) {
  const received: number[] = []
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  socket.on('message', (message) => received.push(message.length))
  socket.bind(4321, address)
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  return received
}

for (const family of ['IPv4', 'IPv6'])
  t.test(family, { skip: noLab }, async (t) => {
    const lab = testLab(t, { bifurcated: true })
    const { near, near_address, namespace } = lab.hosts[0]
    let address = near_address!
    if (family === 'IPv6') {
      address = ADDRESS6.near
      execFileSync('sh', [
        '-c',
        `ip netns exec ${namespace} sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.eth0.disable_ipv6=0 &&
         sysctl -qw net.ipv6.conf.${near}.disable_ipv6=0 &&
         ip -n ${namespace} address add ${ADDRESS6.far}/64 dev eth0 nodad &&
         ip address add ${ADDRESS6.near}/64 dev ${near} nodad`,
      ])
    }
    const received = await listen(t, address)

    await t.test('left to the kernel', async (t) => {
      const { plane, opened } = await start(t, drop, { open: [[`afxdp:${near}`, { steer: rule }]] })
      send(lab, address, [LONG, 10])
      await until('the long one is whole', () => received.length === 1)
      t.same(received.splice(0), [LONG], 'the socket has the datagram')
      await until('the short one has come', () => plane.snapshot().rx.packets === 1)
      t.equal(opened[0].steer.rules[0].counters.packets, 1)
      await finish(t, plane)
      await opened[0].close()
    })

    await t.test('taken', async (t) => {
      const { plane, opened } = await start(t, drop, {
        open: [[`afxdp:${near}`, { steer: rule, fragments: 'take' }]],
      })
      send(lab, address, [LONG, 10])
      await until('three fragments and a datagram', () => plane.snapshot().rx.packets >= 4)
      const { rx } = await finish(t, plane)
      t.equal(rx.packets, 4)
      t.ok(rx.bytes > LONG, `${rx.bytes} bytes`)
      t.same(received, [])
      await opened[0].close()
    })

    await t.test('kept beside a rule without ports', async (t) => {
      const { plane, opened } = await start(t, drop, {
        open: [[`afxdp:${near}`, { steer: 'udp', pass: rule, fragments: 'take' }]],
      })
      send(lab, address, [LONG])
      await until('the long one is whole', () => received.length === 1)
      t.same(received.splice(0), [LONG])
      t.equal(opened[0].steer.rules[0].counters.packets, 3, 'all three were kept')
      const { rx } = await finish(t, plane)
      t.equal(rx.packets, 0)
      await opened[0].close()
    })
  })
