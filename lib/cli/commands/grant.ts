// `rxburst grant`: keeps the privileges, and runs a program without any that uses what was granted.

import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { Command, Option } from 'commander'
import { Broker } from '../../broker/broker.js'
import { configureArena } from '../../control/arena.js'
import { open } from '../../control/open/open.js'
import type { AnyOptions } from '../../control/open/options.js'
import type { Port } from '../../control/port.js'
import { RxburstError } from '../../errors.js'
import { GRANT } from '../../grant/plugin-socket.js'
import { native } from '../../native.js'
import { onSignals, TERMINAL } from '../../signals.js'
import { collect, fragmentsOption } from '../common.js'
import { parseNumbers } from '../numbers.js'
import { Terminal } from '../terminal.js'

const HELP = `
Opens the interfaces with the privileges of this command, and stays as the broker. It starts COMMAND as another user (sudo's
caller, or --user) with no capability, in a session and a terminal of its own. There open('afxdp:INTERFACE') finds the queues
and rules granted here. The program asks this command for new rules, and --pass stays in force. When COMMAND ends, everything
is as it was.

Examples:
  $ sudo npx rxburst grant eth0 --queue 3 --steer 'udp dst port 4321' -- node app.js
  # npx rxburst grant eth0 --user nobody --steer 'udp dst port 4321' -- node app.js
  $ sudo npx rxburst grant eth0 eth1 --steer udp --pass 'tcp port 22' -- npx rxburst l2fwd afxdp:eth0 afxdp:eth1`

const FRAMES = 256 // this process receives nothing
const SETPCAP = 1n << 8n
const SIGNALLED = 128 // exit codes from there on say which signal ended the program, as a shell's do

interface Flags {
  queue?: number[]
  steer: string[]
  pass: string[]
  takeAll?: boolean
  fragments?: 'leave' | 'take'
  steering?: 'external'
  segments?: boolean
  user?: string
  sameUser?: boolean
}

export function grantCommand(): Command {
  return new Command('grant')
    .description('keeps the privileges, and runs a program without any on some queues of an interface')
    .usage('[options] <interface...> -- <command...>')
    .argument('<interface...>', 'network interfaces; after --: the program to run, and its arguments')
    .option('--queue <list>', 'queues to grant, such as 3 or 0,1 (default: all)', parseNumbers)
    .option(
      '--steer <filter>',
      "packets that the program gets, in tcpdump's language; may be repeated",
      collect,
      [] as string[],
    )
    .option(
      '--pass <filter>',
      'packets that stay with the kernel, whatever the program asks for; may be repeated',
      collect,
      [] as string[],
    )
    .option('--take-all', 'the program gets every packet')
    .addOption(fragmentsOption())
    .option('--segments', 'packets longer than a frame too, to a program that opens with `segments: true`')
    .addOption(
      new Option('--steering <who>', 'somebody else directs the flow to these queues').choices(['external']),
    )
    .option('--user <user>', 'the user who runs the program (default: the caller of sudo)')
    .option('--same-user', "run the program as the broker's own user, who can do harm to the broker")
    .addHelpText('after', HELP)
    .action(grant)
}

/** What stands before `--`, and behind it. */
function split(words: string[]): [interfaces: string[], command: string[]] {
  const at = process.argv.indexOf('--')
  const command = at < 0 ? [] : process.argv.slice(at + 1)
  if (command.length === 0 || command.length === words.length)
    throw new RxburstError(
      'ERR_BAD_OPTION',
      "grant wants interfaces and, behind --, a program to run: npx rxburst grant eth0 --steer 'udp dst port 4321' -- node app.js",
    )
  return [words.slice(0, words.length - command.length), command]
}

async function grant(words: string[], flags: Flags): Promise<void> {
  const [interfaces, command] = split(words)
  configureArena({ frames: FRAMES, hugepages: false })
  const options: AnyOptions = {
    ...(flags.queue ? { queues: flags.queue } : {}),
    ...(flags.steer.length ? { steer: flags.steer } : {}),
    ...(flags.pass.length ? { pass: flags.pass } : {}),
    ...(flags.takeAll ? { takeAll: true } : {}),
    ...(flags.fragments ? { fragments: flags.fragments } : {}),
    ...(flags.steering ? { steering: flags.steering } : {}),
    ...(flags.segments ? { segments: true } : {}),
  }
  const user = userOf(flags)
  native.grant.protectProcess()
  delete process.env[GRANT] // this process asks no other broker
  // Listened to before anything is touched, so that a signal undoes it all. The program ends first, then this command.
  const interrupted = new AbortController()
  onSignals(TERMINAL, (signal) => interrupted.abort(signal))
  const ports: Port[] = []
  let broker: Broker | undefined
  try {
    for (const name of interfaces) ports.push(await open(`afxdp:${name}`, options))
    broker = new Broker(ports, {
      takeAll: flags.takeAll === true,
      takesFragments: flags.fragments === 'take',
    })
    process.exitCode = await runAs(command, user, broker.open(user.uid), interrupted.signal)
  } finally {
    broker?.close()
    for (const port of ports) await port.close()
  }
}

interface User {
  uid: number
  gid: number
  /** Null: the user of this command, who stays as he is. */
  account: { name: string; home: string } | null
}

/** The user who is to run the program: --user, else the caller of sudo. */
function userOf({ user: wanted, sameUser = false }: Flags): User {
  const own = process.geteuid!()
  const user = lookUp(wanted ?? (own === 0 && !sameUser ? process.env.SUDO_UID : undefined))
  if (user.uid !== own) {
    if (sameUser)
      throw new RxburstError(
        'ERR_BAD_OPTION',
        `--same-user means the user of this command (uid ${own}), --user ${wanted} is another: say one of them`,
      )
    return user
  }
  const why = `uid ${own}, the broker's own user, who may signal the broker, use its files and other processes of that user`
  if (!sameUser)
    throw new RxburstError(
      'ERR_GRANT_USER',
      `the program would run as ${why}. Name another user: --user NAME, such as --user nobody. To accept it: --same-user`,
    )
  process.stderr.write(`rxburst: warning: with --same-user the program runs as ${why}\n`)
  return user
}

function lookUp(name: string | undefined): User {
  if (name === undefined) return { uid: process.geteuid!(), gid: process.getegid!(), account: null }
  const { status, stdout } = spawnSync('getent', ['passwd', name], { encoding: 'utf8' })
  const [found, , uid, gid, , home] = stdout?.split(':') ?? []
  if (status !== 0 || gid === undefined)
    throw new RxburstError('ERR_BAD_OPTION', `there is no user '${name}' here`)
  return { uid: Number(uid), gid: Number(gid), account: { name: found, home } }
}

// A process that may not change its bounding set keeps it: without new privileges it is of no use to the program.
const mayChangeBoundingSet = () => {
  const bits = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]
  return (BigInt(`0x${bits}`) & SETPCAP) !== 0n
}

/** Runs the program without capabilities; resolves to its exit code. */
async function runAs(
  command: readonly string[],
  { uid, gid, account }: User,
  address: string,
  interrupted: AbortSignal,
): Promise<number> {
  if (interrupted.aborted) return SIGNALLED + constants.signals[interrupted.reason as NodeJS.Signals]
  const who = account ? [`--reuid=${uid}`, `--regid=${gid}`, '--init-groups'] : []
  const bounds = mayChangeBoundingSet() ? ['--bounding-set=-all'] : []
  const without = ['--inh-caps=-all', '--ambient-caps=-all', ...bounds, '--no-new-privs']
  const terminal = Terminal.open(uid)
  // The first terminal that a session's leader opens becomes the session's own (tty_ioctl(4), TIOCSCTTY). More locked
  // memory than the limit needs a privilege that even root may lack; then the program takes fewer frames.
  const script =
    'tty=$1; shift; [ -z "$tty" ] || : 9<>"$tty"; ulimit -l unlimited 2>/dev/null; exec setpriv "$@"'
  const child = spawn(
    'sh',
    ['-c', script, 'sh', terminal?.path ?? '', ...who, ...without, '--', ...command],
    {
      stdio: terminal?.stdio ?? 'inherit',
      detached: true, // in a session of its own: setsid(2)
      env: {
        ...process.env,
        ...(account ? { USER: account.name, LOGNAME: account.name, HOME: account.home } : {}),
        [GRANT]: address,
      },
    },
  )
  // A signal that a terminal or an operator sends to this command is for the program and its children, which end as
  // they like.
  onSignals(TERMINAL, (signal) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // the program has just ended
    }
  })
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', (error) =>
        reject(new RxburstError('ERR_SYSTEM', `the program can't be started: ${error.message}`)),
      )
      child.on('exit', (code, signal) => resolve(code ?? SIGNALLED + constants.signals[signal!]))
      terminal?.relay()
    })
  } finally {
    await terminal?.end()
  }
}
