// The broker of `rxburst grant` opens no inspector, whoever signals it, and nobody may look into its memory.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { grant, type Program } from '../fixtures/grant.js'
import { noLab } from '../fixtures/lab.js'
import { pair } from '../fixtures/pair.js'

const statusOf = (pid: number) => readFileSync(`/proc/${pid}/status`, 'utf8')
const USR1 = 1n << 9n // as SigCgt counts them, from 1 on

/** A node that has come so far that it handles the signal: before, the signal would end it. */
function handlesSignal(pid: number): boolean {
  const [blocked, caught] = ['SigBlk', 'SigCgt'].map((row) =>
    BigInt(`0x${new RegExp(`${row}:\\s*(\\S+)`).exec(statusOf(pid))![1]}`),
  )
  return ((blocked | caught) & USR1) !== 0n
}

/** TCP sockets on which a process listens. */
function listening(pid: number): string[] {
  const rows = [4, 6].flatMap((version) =>
    readFileSync(`/proc/${pid}/net/tcp${version === 4 ? '' : '6'}`, 'utf8')
      .split('\n')
      .slice(1),
  )
  const listens = new Map(
    rows.map((row) => row.trim().split(/\s+/)).map((row) => [`socket:[${row[9]}]`, row[3] === '0A']),
  )
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`)
      } catch {
        return ''
      }
    })
    .filter((target) => listens.get(target))
}

/** Signals the broker as often as it can be done, from its first moment until the program runs. */
async function pester(program: Program): Promise<void> {
  let runs = false
  const heard = program.heard().then(() => {
    runs = true
  })
  while (!runs) {
    if (program.pid && handlesSignal(program.pid)) process.kill(program.pid, 'SIGUSR1')
    await sleep(1)
  }
  await heard
}

for (const env of [{}, { NODE_OPTIONS_OF_BROKER: '--inspect=127.0.0.1:0' }] as NodeJS.ProcessEnv[])
  t.test(`signals from the start on ${JSON.stringify(env)}`, { skip: noLab }, async (t) => {
    const { near } = pair(t)
    const options = env.NODE_OPTIONS_OF_BROKER
    const as = options ? ['env', `NODE_OPTIONS=${options}`] : []
    // The program must not listen because of the same variable.
    const by = options ? ['env', '-u', 'NODE_OPTIONS'] : []
    const program = grant(t, near, ['--steer', 'udp', '--user', 'nobody'], { as, by })
    await pester(program)
    for (let i = 0; i < 20; i++) {
      process.kill(program.pid!, 'SIGUSR1')
      await sleep(5)
    }
    await program.heard()
    t.same(listening(program.pid!), [], 'the broker listens on no TCP port')
    program.stdin!.write('close\n')
    t.same(await program.heard(), { closed: true, audit: true }, 'and goes on serving')
    t.equal(await program.gone, 0)
  })

t.test('its memory', { skip: noLab }, async (t) => {
  const nobody = execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).trim()
  const wanted = '+net_raw,+net_admin,+bpf,+ipc_lock'
  const user = [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
  const as = ['setpriv', ...user, `--inh-caps=${wanted}`, `--ambient-caps=${wanted}`]
  const program = grant(t, pair(t).near, ['--steer', 'udp', '--same-user'], { as })
  await program.heard()
  // The kernel gives such files of a process that is not dumpable to root (proc(5)).
  t.equal(statSync(`/proc/${program.pid}/environ`).uid, 0, "the broker's memory is not its user's to look at")
  t.match(
    program.complaints(),
    /^rxburst: warning: .*--same-user.*\n$/,
    'one line of warning, and nothing else',
  )
})
