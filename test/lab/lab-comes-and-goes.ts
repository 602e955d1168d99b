// `lab up` makes two hosts, twice is once, and `lab down` leaves nothing, also of half a lab.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import t from 'tap'
import { labDown, labStatus, labUp } from '../../dist/lib/lab/lab.js'
import { noLab, testLab } from '../fixtures/lab.js'

const ip = (...words: string[]) => execFileSync('ip', words, { encoding: 'utf8' })
const interfaces = () => JSON.parse(ip('-j', 'link')).map((link: { ifname: string }) => link.ifname)

t.test('up, up, down', { skip: noLab }, async (t) => {
  const { lab: name, hosts, state } = testLab(t)
  t.equal(state, 'up')
  t.same(
    hosts.map(
      (host) => JSON.parse(ip('-n', host.namespace, '-j', 'address', 'show', 'eth0'))[0].addr_info.length,
    ),
    [1, 1],
    'each host has its IPv4 address and no other',
  )
  const commands: string[] = []
  t.same(labUp({ name, say: (line) => commands.push(line) }), labStatus(name))
  t.same(commands, [], 'the second time does nothing')
  t.equal(labUp({ name, queues: 3 }).queues, 3, 'another shape is made anew')
  t.equal(labDown({ name }).state, 'down')
  t.notMatch(interfaces().join(' '), name)
  t.notOk(existsSync(`/run/netns/${name}-left`) || existsSync(`/run/netns/${name}-right`))
})

t.test('half a lab is seen and removed', { skip: noLab }, async (t) => {
  const { lab: name } = testLab(t)
  ip('link', 'delete', `${name}-right`)
  t.equal(labStatus(name).state, 'partial')
  ip('netns', 'delete', `${name}-right`)
  t.equal(labStatus(name).state, 'partial')
  t.equal(labDown({ name }).state, 'down')
})

t.test('an interface of that name that is not the lab’s is left alone', { skip: noLab }, async (t) => {
  const { lab: name } = testLab(t)
  labDown({ name })
  ip('link', 'add', `${name}-left`, 'type', 'bridge')
  t.teardown(() => ip('link', 'delete', `${name}-left`))
  t.throws(() => labUp({ name }), { code: 'ERR_PORT_BUSY', message: new RegExp(`${name}-left`) })
  t.equal(labDown({ name }).state, 'down')
  t.ok(interfaces().includes(`${name}-left`))
})

t.test('wrong options are named before anything is touched', async (t) => {
  const wrong = [{ name: 'Too Long A Name' }, { queues: 0 }, { queues: 65 }, { queues: 1, bifurcated: true }]
  for (const options of wrong)
    t.throws(() => labUp(options), { code: 'ERR_BAD_OPTION' }, JSON.stringify(options))
})
