// A program under `rxburst grant` gets sockets for the granted interface only, and only the broker puts them into its
// XSKMAP.

import { fileURLToPath } from 'node:url'
import t from 'tap'
import { grant, python } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'
import { until } from '../fixtures/plane.js'

const client = fileURLToPath(new URL('../fixtures/grant/broker-client.py', import.meta.url))

t.test('sockets', { skip: noLab }, async (t) => {
  const veth = pair(t)
  const other = pair(t)
  const program = grant(t, veth.near, ['--steer', 'icmp', '--user', 'nobody'], {
    program: [python, client, 'sockets', veth.near, other.near],
  })
  t.same(await program.heard(), { answers: ['/host_ok', '0.1', '/fin_ack'] })
  t.same(await program.heard(), {
    answer: '/fd_ack',
    other: 'Invalid argument',
    untied: 'Operation not permitted',
    tied: 'Operation not permitted',
    own: 'done',
    none: '/fd_nak',
  })
  // It gives the kernel no frame to fill: packets that are redirected to its socket are lost.
  const lost = async () =>
    veth.far('sh', '-c', `ping -q -c 1 -W 1 ${veth.nearAddress} > /dev/null || echo lost`).trim() === 'lost'
  await until('the broker puts the socket into its map', lost)
  t.equal(other.pings(1), 1)
  program.stdin!.write('hang up\n')
  t.same(await program.heard(), { closed: true })
  await until('a hang-up takes it out, though the socket is open', async () => !(await lost()))
  t.equal(veth.pings(2), 2)
})

t.test('maps', { skip: noLab }, async (t) => {
  const { near } = pair(t)
  const program = grant(t, near, ['--steer', 'icmp', '--user', 'nobody'], {
    program: [python, client, 'maps', near],
  })
  t.same(
    await program.heard(),
    { own: true, steering: ['/fd_nak', []] },
    'each client has counters of its own, and none has the map that steers',
  )
})
