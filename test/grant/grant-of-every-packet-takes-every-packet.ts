// `rxburst grant IF --take-all` gives every packet to the program, which may then choose rules of its own.
import t from 'tap'
import { grant, send } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'
import { until } from '../fixtures/plane.js'

t.test('every packet', { skip: noLab }, async (t) => {
  const veth = pair(t)
  const program = grant(t, veth.near, ['--take-all', '--user', 'nobody'])
  t.match(await program.heard(), { capabilities: '0'.repeat(16) })
  t.match(await program.heard(), { running: [], mode: 'copy' }, 'the grant opens without a rule')
  const count = async () => {
    program.stdin!.write('count\n')
    return (await program.heard()) as { rx: number; rules: number[] }
  }
  veth.far('ip', 'neigh', 'add', veth.nearAddress, 'lladdr', '02:00:00:00:00:07', 'dev', 'eth0')
  send(veth, 4321, 10)
  send(veth, 5, 5)
  await until('all of them come', async () => (await count()).rx >= 15)

  program.stdin!.write('set udp dst port 4321\n')
  t.same(await program.heard(), ['steer udp dst port 4321'], 'a program that may have all chooses some')
  const { rx } = await count()
  send(veth, 5, 5)
  send(veth, 4321, 10)
  await until('the rest comes', async () => (await count()).rx >= rx + 10)
  t.same(await count(), { rx: rx + 10, rules: [10] }, 'and has these only, and reads their counter')
  program.stdin!.write('close\n')
  t.same(await program.heard(), { closed: true, audit: true })
  t.equal(await program.gone, 0)
})
