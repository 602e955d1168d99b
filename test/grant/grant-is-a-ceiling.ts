// The rules of a grant are a ceiling: a program under it may ask for everything, and receives what was granted.
import t from 'tap'
import { grant, send } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'
import { until } from '../fixtures/plane.js'

for (const steer of ['greater 0', 'ip or not ip', 'udp', 'not udp dst port 4321 or udp'])
  t.test(steer, { skip: noLab }, async (t) => {
    const veth = pair(t)
    const flags = ['--steer', 'udp dst port 4321', '--pass', 'udp src port 53', '--user', 'nobody']
    const program = grant(t, veth.near, flags, { options: { steer } })
    await program.heard()
    t.match(await program.heard(), { running: ['pass udp src port 53', `steer ${steer}`] }, 'it opens')
    t.equal(veth.pings(2), 2, 'the kernel has the rest')
    for (let i = 0; i < 5; i++) {
      send(veth, 4322, 3)
      send(veth, 4321, 4)
      send(veth, 22, 3)
    }
    const count = async () => {
      program.stdin!.write('count\n')
      return (await program.heard()) as { rx: number; rules: number[] }
    }
    await until('the datagrams come', async () => (await count()).rx >= 20)
    t.same(await count(), { rx: 20, rules: [0, 20] }, 'exactly what was granted comes')
    program.stdin!.write('close\n')
    t.same(await program.heard(), { closed: true, audit: true })
  })

t.test('a rule beside the ceiling', { skip: noLab }, async (t) => {
  const veth = pair(t)
  const flags = ['--steer', 'udp dst port 4321', '--steer', 'udp dst port 5', '--user', 'nobody']
  const program = grant(t, veth.near, flags, { options: { steer: ['tcp port 22', 'udp dst port 5'] } })
  await program.heard()
  await program.heard()
  send(veth, 4321, 5)
  send(veth, 5, 5)
  const count = async () => {
    program.stdin!.write('count\n')
    return (await program.heard()) as { rx: number; rules: number[] }
  }
  await until('the datagrams come', async () => (await count()).rx >= 5)
  t.same(await count(), { rx: 5, rules: [0, 5] }, 'a program takes less than it may')
})
