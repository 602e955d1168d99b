// The broker reads queue numbers strictly, gives nobody sockets without end, and says what a program did that freezes
// its counters.
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { grant, python } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'

const client = fileURLToPath(new URL('../fixtures/grant/broker-client.py', import.meta.url))

t.test('numbers', { skip: noLab }, async (t) => {
  const { near } = pair(t)
  const program = grant(t, near, ['--steer', 'icmp', '--user', 'nobody'], {
    program: [python, client, 'numbers', near],
  })
  const { sockets } = (await program.heard()) as { sockets: string[] }
  t.same(new Set(sockets), new Set(['/fd_nak']), JSON.stringify(sockets))
  const { maps } = (await program.heard()) as { maps: string[] }
  t.same(new Set(maps), new Set(['/xsk_nak']), JSON.stringify(maps))
  const { flows } = (await program.heard()) as { flows: string[] }
  t.same(new Set(flows), new Set(['/fd_nak']), JSON.stringify(flows))
  const { targets } = (await program.heard()) as { targets: string[] }
  t.same(new Set(targets), new Set(['/nak']), JSON.stringify(targets))
  const { many } = (await program.heard()) as { many: string[] }
  // The connection of the odd words has maps too: those of MAC addresses are without IPv6 keys.
  t.same(many, [...Array(7).fill('/fd_ack'), ...Array(3).fill('/nak')], 'eight connections have flows')
  t.same(await program.heard(), { right: '/fd_ack' })
})

t.test('sockets without end', { skip: noLab }, async (t) => {
  const { near } = pair(t)
  const program = grant(t, near, ['--steer', 'icmp', '--user', 'nobody'], {
    program: [python, client, 'hoard', near, '900'],
  })
  const { got, answer, other } = (await program.heard()) as { got: number; answer: string; other: string }
  t.equal(answer, '/fd_nak')
  t.ok(got >= 256 && got < 600, `${got} sockets: 256, and a few for the seconds that it took`)
  t.equal(other, '/fd_ack', 'another connection gets its own')
})

t.test('frozen counters', { skip: noLab }, async (t) => {
  const { near } = pair(t)
  const program = grant(t, near, ['--steer', 'icmp', '--user', 'nobody'], {
    program: [python, client, 'freeze', near],
  })
  const { frozen, answer, again } = await program.heard()
  if (frozen !== 0) {
    t.ok(again, 'this kernel lets no program without privilege freeze a map')
    return
  }
  t.match(answer, { code: 'ERR_GRANT', message: /frozen their map.*BPF_MAP_FREEZE/ })
  t.match(again, [{ expression: 'icmp' }], 'the rules stay as they were')
})
