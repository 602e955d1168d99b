// Every backend can generate: as many packets as asked, of all flows, through the same API as any program.
import t from 'tap'
import { rxburst } from '../fixtures/child.js'
import { until } from '../fixtures/plane.js'

const BACKLOG = 250 // what a generator that was kept waiting sends in one lump, and a batch

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
  const generate = async (...flags: string[]) => {
    const { stdout } = await rxburst(t, 'generate', 'loop:c,peer=d', '--rate', '20k', ...flags, '--json')
    return JSON.parse(stdout)
  }
  const { sent, offered, refused, seconds } = await generate('--count', '5000')
  t.equal(sent, 5000)
  t.ok(sent <= 20_000 * seconds + BACKLOG, `${sent} packets in ${seconds} s at 20k`)
  t.equal(offered, 1024, 'nobody reads the other end, so its wire is full')
  t.equal(refused, sent - offered)

  // A machine with other work may be too slow for it, but not always.
  const runs: { sent: number; seconds: number }[] = []
  await until('half a second is enough for some of ten thousand', async () => {
    runs.push(await generate('--duration', '0.5'))
    return runs.at(-1)!.sent > 2500
  })
  t.same(
    runs.filter(({ sent, seconds }) => seconds < 0.5 || sent > 20_000 * seconds + BACKLOG),
    [],
    'never earlier, never faster',
  )
})

t.test('what a port can’t send is refused before anything goes out', async (t) => {
  const { code, stderr, stdout } = await rxburst(t, 'generate', 'loop:a', '--size', '9000')
  t.equal(code, 1)
  t.match(stderr, /--size is a whole number from 60 to \d+, not 9000 \[ERR_BAD_OPTION\]/)
  t.equal(stdout, '')
})
