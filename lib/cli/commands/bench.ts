// `rxburst bench`: honest numbers against kernel sockets and against C, in one run.

import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import type { ProgressState } from '../../bench/run.js'
import type { Scenario } from '../../bench/scenario.js'
import { nearest, RxburstError } from '../../errors.js'
import { ENDING, onSignals } from '../../signals.js'

const HELP = `
Without --dev it makes a lab of its own and removes it again. Without scenarios it runs all but handlers.
It takes about a quarter of an hour; --duration says how long everything together shall take.
Ours and peers in turn, five rounds; a figure is the median of the rounds, with the smallest and the largest. Where nothing is sent
from outside, all that are compared are alive at once and run in turn for slices of 150 ms: docs/bench.md.
As root it raises vm.nr_hugepages when fewer than 512 are free, says so, and puts it back.

Examples:
  $ npx rxburst bench
  $ npx rxburst bench null --duration 60
  $ npx rxburst bench receive forward --json > bench.json
  $ npx rxburst bench --report report.html`

interface Flags {
  dev?: string
  json?: boolean
  report?: string
  duration?: number
  yesReally?: boolean
}

export function benchCommand(): Command {
  return new Command('bench')
    .description('honest numbers on this machine: ours against kernel sockets and against C, in one run')
    .argument(
      '[scenarios...]',
      'receive, drop, forward, null, latency, scale, size, cost, open, steer, handlers, pass, wire, flows',
    )
    .option('--dev <interface>', 'receive on this interface, whose traffic comes from elsewhere')
    .option('--json', 'print one line of JSON instead of the table')
    .option('--report <file>', 'write a page of charts to this file')
    .option('--duration <seconds>', 'for everything together, about', parseDuration)
    .option('--yes-really', 'also on the interface that carries the default route')
    .addHelpText('after', HELP)
    .action(bench)
}

function parseDuration(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds < 1e6))
    throw new InvalidArgumentError('a duration is a number of seconds above 0.')
  return seconds
}

async function bench(names: string[], flags: Flags): Promise<void> {
  const { SCENARIOS } = await import('../../bench/scenarios/index.js')
  const { runBench } = await import('../../bench/run.js')
  const { table } = await import('../../bench/report/table.js')
  const { writeReport } = await import('../../bench/report/report.js')
  const scenarios = chosen(names, SCENARIOS, flags)
  check(scenarios, flags)
  if (flags.report) checkWritable(flags.report)
  const command = ['npx rxburst bench', ...process.argv.slice(3)].join(' ')
  const interrupted = new AbortController()
  const interrupt = () =>
    interrupted.abort(new RxburstError('ERR_CLOSED', 'interrupted; nothing is left behind'))
  onSignals(ENDING, interrupt)
  const { dev, duration } = flags
  const say = (text: string) => process.stderr.write(`${process.stderr.isTTY ? '\r\x1b[K' : ''}${text}\n`)
  const { signal } = interrupted
  const report = await runBench({ scenarios, dev, duration, command, signal, progress, say })
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  if (flags.report) writeReport(flags.report, report)
  process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : table(report))
}

function chosen(names: readonly string[], all: readonly Scenario[], { dev }: Flags): Scenario[] {
  if (names.length === 0) return all.filter((scenario) => (dev ? scenario.dev : !scenario.asked))
  for (const name of names) {
    if (all.some((scenario) => scenario.name === name)) continue
    const known = all.map((scenario) => scenario.name)
    const meant = nearest(name, known)
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `there is no scenario '${name}'${meant ? `; did you mean '${meant}'?` : ''} There are ${known.join(', ')}.`,
    )
  }
  return all.filter((scenario) => names.includes(scenario.name))
}

/** Everything that can be known before something is touched. */
function check(scenarios: readonly Scenario[], { dev, yesReally }: Flags): void {
  const rooted = scenarios.filter((scenario) => scenario.lab)
  if (rooted.length > 0 && process.geteuid?.() !== 0)
    throw new RxburstError(
      'ERR_NO_CAPABILITY',
      `${rooted.map((s) => s.name).join(', ')}: the lab and its ports take root: sudo npx rxburst bench. Without root there is: npx rxburst bench null`,
    )
  const cpus = availableParallelism()
  const wide = scenarios.filter((scenario) => scenario.cpus > cpus)
  if (wide.length > 0)
    throw new RxburstError(
      'ERR_NOT_SUPPORTED',
      `${wide.map((s) => s.name).join(', ')} needs 2 CPUs, one that sends and one that receives. This process may use ${cpus}. On one CPU this runs: npx rxburst bench null`,
    )
  if (!dev) return
  const unfit = scenarios.find((scenario) => !scenario.dev)
  if (unfit)
    throw new RxburstError('ERR_BAD_OPTION', `--dev: the scenario ${unfit.name} takes no interface of yours`)
  checkInterface(dev, yesReally ?? false)
}

/** Ten minutes of measuring should not end in a path that can't be written. */
function checkWritable(path: string): void {
  try {
    closeSync(openSync(path, 'a'))
  } catch (error) {
    throw new RxburstError('ERR_BAD_OPTION', `--report: ${(error as Error).message}`)
  }
}

function checkInterface(dev: string, yesReally: boolean): void {
  const ip = <Row>(...words: string[]): Row[] => {
    const { stdout, status } = spawnSync('ip', ['-j', ...words], { encoding: 'utf8' })
    return status === 0 && stdout.trim() ? (JSON.parse(stdout) as Row[]) : []
  }
  const link = ip<{ flags: string[]; xdp?: { prog?: { id: number } } }>('-d', 'link', 'show', 'dev', dev)[0]
  if (!link)
    throw new RxburstError(
      'ERR_NO_INTERFACE',
      `there is no network interface '${dev}' in this network namespace. List them with: ip link`,
    )
  if (!link.flags.includes('UP'))
    throw new RxburstError('ERR_INTERFACE_DOWN', `${dev} is down. ip link set ${dev} up mends that`)
  const routes = [
    ...ip<{ dev?: string }>('route', 'show', 'default'),
    ...ip<{ dev?: string }>('-6', 'route', 'show', 'default'),
  ]
  if (!yesReally && routes.some((route) => route.dev === dev))
    throw new RxburstError(
      'ERR_PORT_BUSY',
      `${dev} carries the default route: while the benchmark takes its packets, nobody reaches this machine by it. If that is meant: --yes-really`,
    )
  if (link.xdp?.prog)
    throw new RxburstError(
      'ERR_FOREIGN_XDP',
      `${dev} is busy: XDP program ${link.xdp.prog.id} is attached to it. npx rxburst doctor ${dev} says whose it is, and what removes it`,
    )
}

const clock = (seconds: number) => {
  const whole = Math.max(0, Math.round(seconds))
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

let shown = ''

/** On a terminal one line that changes, with every contestant; else a line for each round. */
function progress({ scenario, contestant, round, secondsPassed, secondsLeft }: ProgressState): void {
  const head = `${scenario}, round ${round + 1}`
  const times = `${clock(secondsPassed)} passed, about ${clock(secondsLeft)} left`
  if (process.stderr.isTTY)
    process.stderr.write(`\r\x1b[K${`${times}   ${head}: ${contestant}`.slice(0, 99)}`)
  else if (shown !== head) process.stderr.write(`${head}: ${times}\n`)
  shown = head
}
