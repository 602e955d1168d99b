// Every backend can generate: as many packets as asked, of all flows, through the same API as any program.
import t from 'tap'
import { rxburst } from './fixtures/child.js'

t.test('so many packets, all of the size and the flows asked for', async (t) => {
  const flags = [
    '--flow',
    'udp 198.18.0.1:1000-1003 > 198.18.0.2:9',
    '--size',
    '200',
    '--count',
    '500',
    '--json',
  ]
  const { code, stdout } = await rxburst(t, 'generate', 'loop:a', ...flags)
  t.equal(code, 0)
  t.match(JSON.parse(stdout), {
    sent: 500,
    offered: 500,
    offered_counter: 'device',
    refused: 0,
    size: 200,
    flow: 'udp 198.18.0.1:1000-1003 > 198.18.0.2:9',
  })
})

t.test('a rate is kept, and what the device refuses is counted', async (t) => {
  const { stdout } = await rxburst(
    t,
    'generate',
    'loop:c,peer=d',
    '--rate',
    '20k',
    '--duration',
    '0.5',
    '--json',
  )
  const { sent, offered, refused } = JSON.parse(stdout)
  t.ok(sent > 5_000 && sent < 11_000, `${sent} packets in half a second at 20k`)
  t.equal(offered, 1024, 'nobody reads the other end, so its wire is full')
  t.equal(refused, sent - offered)
})

t.test('what a port can’t send is refused before anything goes out', async (t) => {
  const { code, stderr, stdout } = await rxburst(t, 'generate', 'loop:a', '--size', '9000')
  t.equal(code, 1)
  t.match(stderr, /--size is a whole number from 60 to \d+, not 9000 \[ERR_BAD_OPTION\]/)
  t.equal(stdout, '')
})
