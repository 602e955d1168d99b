// `rxburst ps` lists the data planes that run, and finds one by its name or its process.
import { mkdirSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { pidNamespace, startTime } from '../../dist/lib/process-identity.js'
import { bin, rxburst, start } from '../fixtures/child.js'
import { CAROUSEL, controlFolder, socketsIn } from '../fixtures/control.js'
import { processor, until } from '../fixtures/plane.js'

interface Row {
  pid: number
  name: string | null
  user: string
  state: string
  processor: string
  ports: { name: string; queues: number[] }[]
  rates: { rx_pps: number; tx_pps: number }
}

t.test('rxburst ps', async (t) => {
  const folder = controlFolder(t)
  const file = processor(t, CAROUSEL).pathname
  const list = async (...words: string[]) => {
    const { code, stdout, stderr } = await rxburst(t, 'ps', ...words, '--json')
    t.equal(code, 0, stderr)
    return (JSON.parse(stdout) as { planes: Row[] }).planes
  }

  t.match(await rxburst(t, 'ps'), { code: 0, stdout: 'no data plane runs\n' }, 'an empty list says so')
  t.same(await list(), [], 'in JSON too')

  const named = start(t, process.execPath, [bin, 'run', file, 'loop:a', '--name', 'fw'])
  const other = start(t, process.execPath, [bin, 'run', file, 'loop:b,peer=c', 'loop:c,peer=b'])
  await Promise.all([named.says('ready'), other.says('ready')])
  const both = await list()
  t.match(
    both.sort((a, b) => a.ports.length - b.ports.length),
    [
      {
        pid: named.process.pid,
        name: 'fw',
        user: userInfo().username,
        state: 'running',
        processor: file,
        ports: [{ name: 'loop:a', queues: [0] }],
      },
      { pid: other.process.pid, name: null, ports: [{ name: 'loop:b' }, { name: 'loop:c' }] },
    ],
    'process, name, user, processor and ports',
  )
  await until('there are rates', async () => (await list('fw'))[0].rates.rx_pps > 0)
  t.equal((await list(`${other.process.pid}`))[0].pid, other.process.pid, 'a process finds its data plane')
  const text = await rxburst(t, 'ps')
  t.match(text.stdout, /^PID +NAME +USER .*PORTS +PROCESSOR\n/, 'the list has a heading')
  t.match(text.stdout, new RegExp(`^${named.process.pid} +fw .*pps +loop:a +\\S+\\.mjs$`, 'm'))

  t.match(await rxburst(t, 'ps', 'fx'), { code: 1, stderr: /did you mean fw\?.*\[ERR_NO_PLANE\]/ })
  t.match(await rxburst(t, 'ps', '1'), { code: 1, stderr: /\[ERR_NO_PLANE\]/ })
  t.match(await rxburst(t, 'ps', 'loop:a'), { code: 1, stderr: /loop:a is a port.*\[ERR_BAD_ARGUMENT\]/ })

  other.process.kill('SIGTERM')
  t.equal((await other.ended).code, 0)
  t.equal(socketsIn(folder).length, 1, 'a socket goes with its data plane')

  named.process.kill('SIGSTOP')
  const silent = await rxburst(t, 'ps', 'fw')
  t.match(
    silent,
    { code: 1, stdout: new RegExp(`^${named.process.pid} +fw .*silent`, 'm') },
    'one that does not answer',
  )

  named.process.kill('SIGKILL')
  await named.ended
  t.equal(socketsIn(folder).length, 1, 'a process that is killed leaves its socket')
  t.match(await rxburst(t, 'ps', 'fw'), { code: 1, stderr: /ERR_NO_PLANE/ }, 'which misleads nobody')
  t.same(await list(), [])
  t.same(readdirSync(folder), ['.lock'], 'and is taken away')
})

t.test('what a data plane tells reaches no terminal as control characters', async (t) => {
  const folder = controlFolder(t)
  mkdirSync(folder, { mode: 0o700 })
  const namespace = pidNamespace().replace(/\D/g, '')
  const path = join(folder, `${namespace}-${process.pid}-${startTime(process.pid)}-000001-fw.sock`)
  const counts = { rx: 0, tx: 0, dropped: 0, passed: 0, rejected: 0, rx_bytes: 0, tx_bytes: 0, lost: 0 }
  const answer = {
    pid: 1,
    name: '\u001b[2J',
    user: 'a\nb',
    uid: 0,
    state: 'running',
    processor: '\u009b1m',
    ports: [{ name: '\u0007', queues: [] }],
    workers: [],
    seconds: 1,
    counts,
    counters: { '\u0008': 1 },
  }
  const server = createServer((socket) =>
    socket.on('data', () => socket.write(`${JSON.stringify({ v: 1, ok: true, answer })}\n`)),
  ).listen(path)
  t.teardown(() => void server.close())
  const { stdout } = await rxburst(t, 'ps')
  t.match(stdout, /\?\[2J +a\?b .* \? +\?1m\n\?\[2J: \? 1\n$/)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: there are none
  t.notMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
})
