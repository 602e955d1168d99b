// The socket of a dead process is not listed, also when its number lives again, and the next look takes it away.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { entries } from '../../dist/lib/control-socket/folder.js'
import { pidNamespace, startTime } from '../../dist/lib/process-identity.js'
import { ended } from '../fixtures/child.js'
import { CAROUSEL, controlFolder, socketsIn } from '../fixtures/control.js'
import { start } from '../fixtures/plane.js'

const here = pidNamespace().replace(/\D/g, '')
const now = startTime(process.pid)

t.test('sockets that nobody serves', async (t) => {
  const folder = controlFolder(t)
  mkdirSync(folder, { mode: 0o700 })
  const file = (name: string) => writeFileSync(join(folder, name), '')
  const gone = await ended(t, process.execPath, ['-e', 'console.log(process.pid)'])
  file(`${here}-${gone.stdout.trim()}-${now}-000001-ended.sock`)
  file(`${here}-${process.pid}-${Number(now) - 1}-000002-earlier.sock`)
  file(`${Number(here) + 1}-${process.pid}-1-000003-elsewhere.sock`)
  file('other.sock')
  t.match(
    entries().map(({ name, here }) => ({ name, here })),
    [{ name: 'elsewhere', here: false }],
    'one of a process that ended, or of an earlier one with the number of a living, is none; another namespace is not judged',
  )
  t.same(
    readdirSync(folder).sort(),
    [`${Number(here) + 1}-${process.pid}-1-000003-elsewhere.sock`, 'other.sock'].sort(),
    'they are taken away, and nothing else',
  )
  file(`${here}-${gone.stdout.trim()}-${now}-000001-fw.sock`)
  const { plane } = await start(t, CAROUSEL, { name: 'fw' })
  t.equal(
    socketsIn(folder).filter((path) => path.endsWith('-fw.sock')).length,
    1,
    'the name of a dead one is free',
  )
  await plane.stop()
})

t.test('a name that is found is first of all one of this user', async (t) => {
  const folder = controlFolder(t)
  const { plane } = await start(t, CAROUSEL, { open: ['loop:b'] })
  t.match(entries(), [{ pid: process.pid, here: true, name: undefined, uid: process.geteuid!() }])
  await plane.stop()
  t.same(entries(), [])
  t.same(readdirSync(folder), ['.lock'])
})

t.test('a process that ends by process.exit() takes its socket along', async (t) => {
  const folder = controlFolder(t)
  const program = join(t.testdir({ 'main.mjs': '' }), 'main.mjs')
  writeFileSync(join(t.testdirName, 'processor.mjs'), CAROUSEL)
  writeFileSync(
    program,
    `import { open, run } from 'rxburst'
     const port = await open('loop:a')
     await run(new URL('./processor.mjs', import.meta.url), { workers: [{ queues: port.queues }], name: 'fw' })
     process.exit(3)`,
  )
  t.match(await ended(t, process.execPath, [program]), { code: 3 })
  t.same(socketsIn(folder), [])
})

t.test('a folder with a path that is too long for a socket', async (t) => {
  const folder = controlFolder(t)
  process.env.RXBURST_CONTROL = join(folder, 'x'.repeat(60))
  await t.rejects(start(t, CAROUSEL, { open: ['loop:c'], name: 'fw' }), {
    code: 'ERR_CONTROL',
    message: /too long/,
  })
})
