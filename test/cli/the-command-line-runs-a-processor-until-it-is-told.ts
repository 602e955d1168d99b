import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { bin, type Ended, rxburst, start } from '../fixtures/child.js'
import { until } from '../fixtures/plane.js'

const odd = 'test/fixtures/traffic/odd.mjs'
const note = join(t.testdir({}), 'note')
const data = JSON.stringify({ packets: 1000, note })
const common = ['run', odd, 'loop:a', '--data', data, '--json']

function check(t: Test, { code, signal, stdout, stderr }: Ended, seconds: number): void {
  t.same([code, signal], [0, null], stderr)
  t.equal(stderr, 'ready\n', 'nothing but `ready` on stderr')
  t.match(stdout, /^\{[^\n]*\}\n$/, 'one line on stdout')
  const json = JSON.parse(stdout)
  t.equal(
    json.rx + json.fresh,
    json.tx + json.dropped + json.passed + json.rejected + json.kept,
    'the sums hold',
  )
  t.equal(json.fresh, 1000)
  const onTheWire = json.tx - json.rx
  t.ok(onTheWire >= 0 && onTheWire <= 1024, `${onTheWire} were on the wire when it stopped`)
  t.ok(json.dropped >= 500, `${json.dropped} dropped`)
  t.ok(json.seconds >= seconds, `${json.seconds} seconds`)
  const { pages, ...port } = json.ports[0]
  t.same(port, { name: 'loop:a', backend: 'loop', mode: 'copy', queues: [0] })
  t.match(pages, /^(2M|thp|4K)$/)
  t.equal(json.ports.length, 1)
  t.ok(
    Object.values(json.lost).every((count) => count === 0),
    'a loop loses nothing',
  )
}

t.test('--duration', async (t) => {
  check(t, await rxburst(t, ...common, '--duration', '1'), 1)
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  t.test(signal, async (t) => {
    rmSync(note, { force: true })
    const program = start(t, process.execPath, [bin, ...common])
    await program.says('ready')
    await until('its packets went round', () => existsSync(note))
    program.process.kill(signal)
    check(t, await program.ended, 0)
  })

t.test('a signal before it is ready', async (t) => {
  const program = start(t, process.execPath, [bin, ...common])
  await new Promise((resolve) => setTimeout(resolve, 30))
  program.process.kill('SIGTERM')
  const { code, signal } = await program.ended
  t.ok(code === 0 || signal === 'SIGTERM', 'ends it')
})

t.test('without --json people read the summary', async (t) => {
  const { code, stdout } = await rxburst(t, 'l2fwd', 'loop:a', 'loop:b', '--duration', '0.2')
  t.equal(code, 0)
  t.match(stdout, /seconds on loop:a .* and loop:b/)
  for (const word of ['received', 'sent', 'dropped', 'rejected']) t.match(stdout, word)
})

t.test('every option of a run reaches it', async (t) => {
  const { code, stdout, stderr } = await rxburst(
    t,
    ...[
      'drop',
      'loop:a',
      '--queues',
      '0-1,3',
      '--cpus',
      '0',
      '--burst',
      '8',
      '--idle',
      'wait',
      '--frames',
      '1024',
    ],
    ...['--frame-size', '4096', '--debug', '--duration', '0.2', '--json'],
  )
  t.equal(code, 0, stderr)
  t.same(JSON.parse(stdout).ports[0].queues, [0, 1, 3])
})
