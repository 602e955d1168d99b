// A NIC has one RSS table: of the ports that share an interface one is fed by NIC rules, and the table is whole again
// at the end.
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noLab, testLab } from '../fixtures/lab.js'
import { FakeNic } from '../fixtures/nic/fake-nic.js'

const user = fileURLToPath(new URL('../fixtures/nic/two-nic-users.mjs', import.meta.url))

t.test('NIC rules of two ports', { skip: noLab }, async (t) => {
  const { near } = testLab(t, { queues: 4 }).hosts[0]
  const nic = new FakeNic(t, '', near)
  const { NODE_OPTIONS: _, ...env } = nic.env
  const said = JSON.parse(execFileSync(process.execPath, [user, near], { env, encoding: 'utf8' }))
  t.match(said.refused, {
    code: 'ERR_STEER_QUEUES',
    message: /one RSS table, and another port of this process/,
  })
  t.same(said.steered, [0, 1, 2], 'the table leaves out the queue of the first port')
  t.same(said.again, [0, 2, 3], 'when that is closed another port can have NIC rules')
  t.same(said.left, [0, 1, 2, 3])
})
