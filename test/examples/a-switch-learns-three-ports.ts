// examples/16-switch.ts joins three hosts: each reaches each, and a host that moves to a fourth port is found there.
import t from 'tap'
import { ended } from '../fixtures/child.js'
import { noLab, testLab } from '../fixtures/lab.js'
import { example, stop } from '../fixtures/programs/examples.js'
import { on, ping, SILENCE } from '../fixtures/traffic/hosts.js'

const THIRD = { mac: '02:72:78:62:00:03', ip: '10.77.0.3' }

t.test('in two labs', { skip: noLab }, async (t) => {
  const [lab, other] = [testLab(t), testLab(t)]
  const wear = (side: 'left' | 'right', mac: string, ip: string) =>
    ended(
      t,
      ...on(other, side, [
        'sh',
        '-ec',
        `ip link set eth0 address ${mac}; ip address flush dev eth0; ip address add ${ip}/24 dev eth0`,
      ]),
    )
  await wear('left', THIRD.mac, THIRD.ip)
  await wear('right', '02:72:78:62:00:04', '10.77.0.4')
  const ports = [...lab.hosts, ...other.hosts].map(({ near }) => `afxdp:${near}`)
  const program = await example(t, '16-switch.ts', ports, null)

  t.equal(await ping(t, lab, 3, '10.77.0.2'), 3, 'the second host')
  t.equal(await ping(t, lab, 3, THIRD.ip), 3, 'the third')
  t.equal(await ping(t, other, 3, '10.77.0.2'), 3, 'from the third to the second')
  t.equal(await ping(t, lab, 1, '10.77.0.9', SILENCE), 0, 'nobody')

  await wear('left', '02:72:78:62:00:05', '10.77.0.5')
  await wear('right', THIRD.mac, THIRD.ip)
  const first = await ended(t, ...on(other, 'right', ['ping', '-q', '-c', '1', '-W', '30', '10.77.0.1']))
  t.equal(first.code, 0, 'the third host, at the fourth port, says something')
  t.equal(await ping(t, lab, 3, THIRD.ip), 3, 'and is found there')
  const { stdout } = await ended(
    t,
    ...on(lab, 'right', ['sh', '-c', `for i in 1 2 3 4 5 6; do ping -q -c 20 -i 0.01 ${THIRD.ip}; done`]),
  )
  t.equal(stdout.match(/ 0% packet loss/g)?.length, 6, 'nothing is lost on the way')
  const { rx } = await stop(t, program)
  t.ok(rx > 0)
})
