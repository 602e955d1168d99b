// A disk that is full ends `rxburst capture` with an error and a file that can be read, and a plane that is killed ends
// it as the plane's own end does. Neither disturbs the other side.
import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { carousel } from '../fixtures/capture/carousel.js'
import { tshark } from '../fixtures/captures.js'
import { bin, start } from '../fixtures/child.js'
import { controlFolder } from '../fixtures/control.js'
import { processor, until } from '../fixtures/plane.js'

const folder = t.testdir({})
const mayMount = process.geteuid?.() === 0 ? false : 'mounting a small disk takes root'

t.test('a full disk', { skip: mayMount }, async (t) => {
  controlFolder(t)
  const plane = await carousel(t, { bytes: 70, name: 'full' })
  const disk = t.testdir({ disk: {} })
  const file = join(disk, 'disk', 'small.pcapng')
  // The mount goes with the shell that made it, so that shell copies what can be read.
  const copy = join(folder, 'copy.pcapng')
  const script = `mount -t tmpfs -o size=256k none "$1" && shift; "$@"; code=$?; cp "${file}" "${copy}"; exit $code`
  const { code, stderr } = await start(t, 'unshare', [
    ...['-m', 'sh', '-c', script, 'sh', join(disk, 'disk')],
    ...[process.execPath, bin, 'capture', 'full', '-w', file],
  ]).ended
  t.equal(code, 1, stderr)
  t.match(stderr, /small\.pcapng can't be written: .*(no space|ENOSPC)/)
  const packets = tshark(copy, 'frame.number').length
  t.ok(packets > 1000, `${packets} packets can be read`)
  const [, written] = /^(\d+) packets captured$/m.exec(stderr) ?? []
  t.equal(Number(written), packets, 'as many as it says')
  const before = plane.snapshot().rx.packets
  await until('the plane goes on', () => plane.snapshot().rx.packets > before)
  t.ok((await plane.audit()).ok)
})

t.test('a plane that is killed', async (t) => {
  controlFolder(t)
  const file = processor(
    t,
    `import { tx } from 'rxburst'
     export default ({ alloc, onTurn, queues }) => {
       let out = 0
       onTurn(() => { for (; out < 64; out++) { const packet = alloc(70); if (!packet) return; packet.send(queues[0].port) } })
       return (burst) => burst.setAll(tx(burst.port))
     }`,
  )
  const plane = spawn(process.execPath, [bin, 'run', file.pathname, 'loop:a', '--name', 'killed'], {
    stdio: 'ignore',
  })
  t.teardown(() => plane.kill('SIGKILL'))
  const ps = () => start(t, process.execPath, [bin, 'ps', '--json']).ended
  await until('it runs', async () => (await ps()).stdout.includes('"killed"'))
  const to = join(folder, 'killed.pcapng')
  const capture = start(t, process.execPath, [bin, 'capture', 'killed', '-w', to, '--snaplen', '60'])
  await until('packets are written', () => existsSync(to) && statSync(to).size > 100_000)
  plane.kill('SIGKILL')
  const { code, stderr } = await capture.ended
  t.equal(code, 0, stderr)
  const [, written] = /^(\d+) packets captured$/m.exec(stderr) ?? []
  t.equal(
    tshark(to, 'frame.number').length,
    Number(written),
    'the file has what was written, and ends in order',
  )
  t.notOk((await ps()).stdout.includes('"killed"'), 'nothing says that it runs')
})
