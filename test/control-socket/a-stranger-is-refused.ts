// Another user gets no answer from a control socket, and a folder that belongs to somebody else is not used.
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { bin } from '../fixtures/child.js'
import { CAROUSEL, connectRaw, controlFolder, STATUS, socketsIn } from '../fixtures/control.js'
import { start } from '../fixtures/plane.js'

const root = process.geteuid?.() === 0
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups']
// Says what the data plane answered to somebody who asks for its status, or the error.
const ASK = `
const socket = require('node:net').createConnection(process.argv[1])
let text = ''
socket.on('connect', () => socket.write('${STATUS}\\n'))
socket.on('data', (bytes) => { text += bytes; if (text.includes('\\n')) socket.destroy() })
socket.on('error', (error) => { if (!text) text = error.code })
socket.on('close', () => process.stdout.write(text || 'closed'))`

t.test('another user', { skip: root ? false : 'becoming another user takes root' }, async (t) => {
  const folder = controlFolder(t)
  await start(t, CAROUSEL, { name: 'fw' })
  const [path] = socketsIn(folder)
  t.equal(statSync(folder).mode & 0o777, 0o700, 'nobody else enters the folder')
  t.equal(statSync(path).mode & 0o777, 0o600, 'nor connects to the socket')
  const ask = async (...as: string[]) => {
    const { spawn } = await import('node:child_process')
    const child = spawn('setpriv', [...as, process.execPath, '-e', ASK, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH },
    })
    let text = ''
    child.stdout.on('data', (bytes) => {
      text += bytes
    })
    await new Promise((resolve) => child.on('close', resolve))
    return text
  }
  t.match(await ask('--no-new-privs'), /"ok":true/, 'the same user is answered')
  t.equal(await ask(...NOBODY), 'EACCES', 'the folder keeps a stranger out')

  chmodSync(dirname(folder), 0o755)
  chmodSync(folder, 0o755)
  chmodSync(path, 0o666)
  t.match(await ask(...NOBODY), /^(closed|EPIPE|ECONNRESET)$/, 'and so does SO_PEERCRED where it does not')
  t.match(await ask('--no-new-privs'), /"ok":true/, 'the same user is answered still')
  chmodSync(folder, 0o700)
})

t.test('a folder of somebody else', { skip: root ? false : 'giving a folder away takes root' }, async (t) => {
  const folder = controlFolder(t)
  mkdirSync(folder, { mode: 0o700 })
  execFileSync('chown', ['65534', folder])
  await t.rejects(start(t, CAROUSEL, { name: 'fw' }), {
    code: 'ERR_CONTROL',
    message: /belongs to somebody else/,
  })
  execFileSync('chown', ['65534', dirname(folder)])
  await t.rejects(start(t, CAROUSEL, { open: ['loop:b'], name: 'fw' }), {
    code: 'ERR_CONTROL',
    message: /others own/,
  })
})

t.test(
  'a socket that somebody else serves',
  { skip: root ? false : 'becoming another user takes root' },
  async (t) => {
    const folder = controlFolder(t)
    await start(t, CAROUSEL, { name: 'real' })
    const [path] = socketsIn(folder)
    // As if another user had put a socket of its own there: the folder of root's, the listener is nobody's.
    const fake = path.replace('real', 'fake')
    const { spawn } = await import('node:child_process')
    chmodSync(dirname(folder), 0o755)
    chmodSync(folder, 0o777)
    const server = spawn(
      'setpriv',
      [
        ...NOBODY,
        process.execPath,
        '-e',
        `require('node:net').createServer((s) => s.on('error', () => {})).listen(process.argv[1], () => console.log('listens'))`,
        fake,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH } },
    )
    t.teardown(() => void server.kill('SIGKILL'))
    await new Promise((resolve) => server.stdout.once('data', resolve))
    chmodSync(folder, 0o700)
    const { status, stdout } = spawnSync(process.execPath, [bin, 'ps', 'fake'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, RXBURST_CONTROL: folder },
    })
    t.match({ status, stdout }, { status: 1, stdout: /fake .*silent/ }, 'is not asked')
  },
)

t.test('a folder that others may enter is none', async (t) => {
  const folder = controlFolder(t)
  mkdirSync(folder, { mode: 0o755 })
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'x'), '')
  const { plane } = await start(t, CAROUSEL, { name: 'fw' })
  t.equal(statSync(folder).mode & 0o777, 0o700, 'it is closed before a socket is made there')
  t.match(await (await connectRaw(t, socketsIn(folder)[0])).ask(STATUS), { ok: true })
  await plane.stop()
})
