// A program under `rxburst grant` has a session and a terminal of its own: it can't type into the shell from which it
// was started.
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { main, python } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/grant/${name}`, import.meta.url))

interface Seen {
  output: string
  waiting: string
  raw: boolean
  status: number
}

async function inTerminal(steps: [string, string | null][], command: string[]): Promise<Seen> {
  const words = ['-u', 'NODE_OPTIONS', 'python3', fixture('terminal.py'), JSON.stringify(steps), ...command]
  return JSON.parse((await promisify(execFile)('env', words)).stdout)
}

const injects = () => {
  try {
    return readFileSync('/proc/sys/dev/tty/legacy_tiocsti', 'utf8').trim() === '1'
  } catch {
    return true // before Linux 6.2
  }
}

t.test('a terminal', { skip: noLab }, async (t) => {
  const { near } = pair(t)
  const user = [python, fixture('terminal-user.py')]
  const broker = [process.execPath, main, 'grant', near, '--steer', 'udp', '--user', 'nobody', '--', ...user]
  const seen = await inTerminal(
    [
      ['waits', null],
      ['size 44 88', 'a word\n'],
      ['tried', '\x03'],
    ],
    broker,
  )
  t.match(seen.output, /leader True/, 'the program leads a session of its own')
  t.match(seen.output, /size 33 77/, 'its terminal is as large as ours')
  t.match(seen.output, /size 44 88/, 'and follows ours')
  t.match(seen.output, /got a word/, 'keys reach it')
  t.match(seen.output, /interrupted/, 'Ctrl-C too')
  t.notMatch(seen.output, /\r\r\n/, 'output is not changed a second time')
  t.equal(seen.status, 5)
  t.equal(seen.raw, false, 'the terminal is as it was')
  const left = await inTerminal([['waits', 'a word\n']], [...broker, 'leave'])
  t.equal(left.waiting, '', 'nothing that it typed waits for the shell')

  // The same program without the broker does it, where the kernel lets it: the attack is a real one.
  if (injects()) {
    const bare = await inTerminal([['waits', 'a word\n']], [...user, 'leave'])
    t.match(bare.waiting, /typed/, "in the shell's own terminal the same program types")
  }
})

t.test('without a terminal', { skip: noLab }, async (t) => {
  const { near } = pair(t)
  const script = `const { existsSync, openSync, readFileSync } = require('node:fs')
const session = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[3]
let terminal = 'some'
try { openSync('/dev/tty') } catch { terminal = 'none' }
console.log(session === String(process.pid), terminal)`
  const words = [
    '-u',
    'NODE_OPTIONS',
    process.execPath,
    main,
    'grant',
    near,
    '--steer',
    'udp',
    '--user',
    'nobody',
  ]
  const said = execFileSync('env', [...words, '--', process.execPath, '-e', script], { encoding: 'utf8' })
  t.equal(said, 'true none\n', 'it leads a session of its own, which has no terminal')

  const open = 'exec 9< /etc/passwd 200< /etc/passwd; exec "$@"'
  const command = ['bash', '-c', open, 'bash', 'env', ...words, '--', 'sh', '-c', 'ls /proc/$$/fd']
  const inherited = execFileSync(command[0], command.slice(1), { encoding: 'utf8' })
  t.equal(inherited, '0\n1\n2\n', 'and inherits the standard streams only')
})
