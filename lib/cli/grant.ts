// `rxburst grant`: keeps the privileges, and runs a program without any that uses what was granted.
import { spawn, spawnSync } from 'node:child_process'
import { Command, Option } from 'commander'
import { configureArena } from '../arena.js'
import { DOOR } from '../door.js'
import { RxburstError } from '../errors.js'
import { Keeper } from '../keeper.js'
import { type OpenOptions, open } from '../port.js'
import { collect, parseNumbers } from './common.js'

const HELP = `
Opens the interface with the privileges of this command, stays, and starts COMMAND as the calling user (sudo's, or --user)
with no capability at all. There open('afxdp:INTERFACE') finds the queues and rules granted here; new rules are asked for
through this command, which goes on keeping what --keep says. When COMMAND ends, everything is as it was.

Example:
  $ sudo npx rxburst grant eth0 --queue 3 --steer 'udp dst port 4321' -- node app.js`

const DOOR_FD = 3
const FRAMES = 256 // this process receives nothing

interface Flags {
  queue?: number[]
  steer: string[]
  keep: string[]
  takeAll?: boolean
  steering?: 'external'
  segments?: boolean
  user?: string
}

export function grantCommand(): Command {
  return new Command('grant')
    .description('keeps the privileges, and runs a program without any on some queues of an interface')
    .argument('<interface>', 'a network interface')
    .argument('<command...>', 'after --: the program to run and its arguments')
    .option('--queue <list>', 'queues to grant, such as 3 or 0,1 (default: all)', parseNumbers)
    .option(
      '--steer <filter>',
      "what the program gets, in tcpdump's language; may be repeated",
      collect,
      [] as string[],
    )
    .option(
      '--keep <filter>',
      'what stays with the kernel, whatever the program asks for; may be repeated',
      collect,
      [] as string[],
    )
    .option('--take-all', 'the program gets every packet')
    .option('--segments', 'packets longer than a frame too, to a program that opens with `segments: true`')
    .addOption(
      new Option('--steering <who>', 'somebody else directs the flow to these queues').choices(['external']),
    )
    .option('--user <user>', 'who runs the program (default: whoever called sudo, else the caller)')
    .addHelpText('after', HELP)
    .action(grant)
}

async function grant(interfaceName: string, command: string[], flags: Flags): Promise<void> {
  configureArena({ frames: FRAMES, hugepages: false })
  const options: OpenOptions = {
    ...(flags.queue ? { queues: flags.queue } : {}),
    ...(flags.steer.length ? { steer: flags.steer } : {}),
    ...(flags.keep.length ? { keep: flags.keep } : {}),
    ...(flags.takeAll ? { takeAll: true } : {}),
    ...(flags.steering ? { steering: flags.steering } : {}),
    ...(flags.segments ? { segments: true } : {}),
  }
  const port = await open(`afxdp:${interfaceName}`, options)
  const keeper = new Keeper(port, flags.takeAll === true)
  try {
    process.exitCode = await runAs(command, flags.user, keeper.open())
  } finally {
    await keeper.close()
  }
}

function idOf(user: string, which: '-u' | '-g'): string {
  const { status, stdout } = spawnSync('id', [which, user], { encoding: 'utf8' })
  if (status !== 0) throw new RxburstError('ERR_BAD_OPTION', `there is no user '${user}' here`)
  return stdout.trim()
}

/** Runs the program without capabilities; resolves to its exit code. */
async function runAs(command: readonly string[], user: string | undefined, door: number): Promise<number> {
  const { SUDO_UID, SUDO_GID } = process.env
  const who = user
    ? [`--reuid=${idOf(user, '-u')}`, `--regid=${idOf(user, '-g')}`, '--init-groups']
    : SUDO_UID
      ? [`--reuid=${SUDO_UID}`, `--regid=${SUDO_GID ?? SUDO_UID}`, '--init-groups']
      : []
  const without = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--no-new-privs']
  // More locked memory than the limit needs a privilege that even root may lack; then the program takes fewer frames.
  const script = 'ulimit -l unlimited 2>/dev/null; exec setpriv "$@"'
  const child = spawn('sh', ['-c', script, 'sh', ...who, ...without, '--', ...command], {
    stdio: ['inherit', 'inherit', 'inherit', door],
    env: { ...process.env, [DOOR]: String(DOOR_FD) },
  })
  // A terminal sends Ctrl-C to both; the program ends as it likes, and this command after it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(new RxburstError('ERR_SYSTEM', `the program can't be started: ${error.message}`)),
    )
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)))
  })
}
