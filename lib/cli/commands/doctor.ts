// `rxburst doctor`: what this machine has of what the backends need, and the commands that mend the rest.
import { Command } from 'commander'
import { type Check, examine, exitCode, type Report } from '../../doctor/doctor.js'
import { parseNumbers } from '../numbers.js'

const HELP = `
Needs no privilege and changes nothing, except with --repair: that puts back the NIC settings which killed rxburst processes
have left behind. Exit code: 0 nothing to mend, 1 something to mend but a backend with a device is ready, 2 none is.

Examples:
  $ npx rxburst doctor
  $ npx rxburst doctor eth0 --queues 3 --cpus 2
  $ npx rxburst doctor --repair
  $ npx rxburst doctor --json`

interface Flags {
  queues?: number[]
  cpus?: number[]
  repair?: boolean
  json?: boolean
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('says what this machine lacks, and the command for each fault')
    .argument('[interface...]', 'interfaces to look at (default: all that carry Ethernet)')
    .option('--queues <list>', 'queues that you want to take, such as 0,1', parseNumbers)
    .option('--cpus <list>', 'CPUs that workers are to run on', parseNumbers)
    .option('--repair', 'put back what killed processes have left behind')
    .option('--json', 'one line of JSON on stdout')
    .addHelpText('after', HELP)
    .action(doctor)
}

async function doctor(interfaces: string[], flags: Flags): Promise<void> {
  if (flags.repair) await repair()
  const report = await examine(interfaces, {
    ...(flags.queues ? { queues: flags.queues } : {}),
    ...(flags.cpus ? { cpus: flags.cpus } : {}),
  })
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : describe(report))
  process.exitCode = exitCode(report)
}

async function repair(): Promise<void> {
  const { repair, unreadableJournals } = await import('../../steering/journal/leftovers.js')
  const { repaired, failures } = repair()
  for (const { name, pid, changes } of repaired)
    process.stderr.write(`${name}: put back ${changes.length} settings of process ${pid}, which is gone\n`)
  for (const failure of failures) process.stderr.write(`not put back: ${failure}\n`)
  const unread = unreadableJournals()
  for (const file of unread) process.stderr.write(`not looked at: ${file} is another user's; run as root\n`)
  if (repaired.length + failures.length + unread.length === 0)
    process.stderr.write('nothing was left behind\n')
}

const MARK = new Map<Check['ok'], string>([
  [true, 'ok   '],
  [false, 'FAULT'],
  [null, '-    '],
])

function describe({ checks, backends }: Report): string {
  const width = Math.max(...checks.map(({ id }) => id.length))
  const lines = checks.map(
    ({ id, ok, found, wanted }) =>
      `${MARK.get(ok)} ${id.padEnd(width)}  ${found}${wanted ? `  (wanted: ${wanted})` : ''}`,
  )
  const faults = checks.filter(({ ok }) => ok === false)
  if (faults.length) lines.push('', 'To mend:', ...faults.map(({ id, fix }) => `  ${fix}    # ${id}`))
  lines.push(
    '',
    ...Object.entries(backends).map(
      ([name, { ready, why }]) => `${`${name}:`.padEnd(8)}${ready ? 'ready' : 'not ready'}, ${why}`,
    ),
  )
  return `${lines.join('\n')}\n`
}
