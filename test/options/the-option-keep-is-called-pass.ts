// The option `keep` was renamed `pass`: the old word is refused, in each place where an option can stand, and the error
// names the new one.
import { open } from 'rxburst'
import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { rejectsWith } from '../fixtures/errors.js'

const any = (value: unknown) => value as never
const renamed = /no option 'keep'; it is called 'pass' now/

t.test('the old word is refused in a program', async (t) => {
  for (const name of ['loop:a', 'afxdp:lo', 'packet:lo', 'socket:lo']) {
    await rejectsWith(t, open(name, any({ takeAll: true, keep: 'tcp' })), 'ERR_BAD_OPTION', renamed)
    await rejectsWith(t, open(`${name},keep=tcp`), 'ERR_BAD_OPTION', renamed)
  }
  const port = await open('loop:a', { steer: 'udp', pass: 'tcp' })
  t.teardown(() => port.close())
  t.equal(port.steer.rules[0].action, 'pass')
  await rejectsWith(t, port.steer.add('arp', any({ keep: true })), 'ERR_BAD_OPTION', renamed)
  await rejectsWith(t, port.steer.set(any({ steer: 'udp', keep: 'arp' })), 'ERR_BAD_OPTION', renamed)
  const added = await port.steer.add('arp', { pass: true })
  t.equal(added.action, 'pass')
})

t.test('and on the command line', async (t) => {
  const refused = [
    ['drop', 'loop:a', '--keep', 'tcp port 22'],
    ['run', 'test/fixtures/traffic/odd.mjs', 'loop:a', '--keep=tcp'],
    ['grant', 'lo', '--steer', 'udp', '--keep', 'tcp', '--', 'true'],
  ]
  for (const words of refused) {
    const { code, stdout, stderr } = await rxburst(t, ...words)
    t.equal(code, 1, words.join(' '))
    t.match(stderr, /unknown option '--keep[^']*'.*--pass/)
    t.equal(stdout, '', 'nothing on stdout')
  }
  const { stdout } = await rxburst(t, 'grant', '--help')
  t.match(stdout, /--pass <filter>/)
  t.notMatch(stdout, /--keep/)
})
