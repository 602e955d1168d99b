// What the commands that run a processor have in common: options, opening, statistics, the summary, the exit code.

import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { configureArena } from '../control/arena.js'
import type { DataPlane } from '../control/data-plane.js'
import { open } from '../control/open/open.js'
import type { AnyOptions } from '../control/open/options.js'
import type { Port, Queue } from '../control/port.js'
import { run } from '../control/run.js'
import type { RunOptions } from '../control/run-options.js'
import { statsToJson } from '../control/stats/json.js'
import { checkName, checkNameIsFree } from '../control-socket/server.js'
import { checkInteger, RxburstError } from '../errors.js'
import type { MetricsServer } from '../metrics/server.js'
import { ENDING, onSignals } from '../signals.js'
import { openMetrics } from './metrics.js'
import { parseNumbers } from './numbers.js'
import { line, summary } from './text.js'

export interface RunFlags {
  queues?: number[]
  cpus?: number[]
  duration?: number
  takeAll?: boolean
  steer: string[]
  pass: string[]
  fragments?: 'leave' | 'take'
  steering?: 'external'
  segments?: boolean
  onLost?: 'fail' | 'wait'
  directions?: 'spread' | 'meet'
  burst: number
  idle: 'spin' | 'adaptive' | 'wait'
  frames?: number
  frameSize?: number
  opt: [string, string][]
  columns?: string[]
  stats?: number
  debug?: boolean
  json?: boolean
  name?: string
  control: boolean
  metrics?: string
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds < 1e7))
    throw new InvalidArgumentError('a duration is a number of seconds above 0.')
  return seconds
}

export function parseWhole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is wanted.')
  return Number(text)
}

export const collect = (text: string, before: string[]): string[] => [...before, text]

function parsePair(text: string, before: [string, string][]): [string, string][] {
  const at = text.indexOf('=')
  if (at < 1)
    throw new InvalidArgumentError('an option of the backend is written key=value, such as ring=4096.')
  const key = text.slice(0, at)
  if (before.some(([other]) => other === key)) throw new InvalidArgumentError(`option ${key} is given twice.`)
  return [...before, [key, text.slice(at + 1)]]
}

/** Of the commands that open ports by rules. */
export const fragmentsOption = () =>
  new Option(
    '--fragments <fate>',
    'a rule that reads ports leaves fragments, of which only the first has any, to the kernel (default), or takes all between its addresses',
  ).choices(['leave', 'take'])

/** Adds the options that `run`, `drop` and `l2fwd` share. */
export function withRunOptions(command: Command): Command {
  return command
    .option(
      '--queues <list>',
      "queues to take, 'all' or numbers such as 0,1 or 0-3 (default: all)",
      (text) => (text === 'all' ? undefined : parseNumbers(text)),
    )
    .option(
      '--cpus <list>',
      'one worker on each of these CPUs; queues are dealt out among them (default: the last CPU)',
      parseNumbers,
    )
    .option('--duration <seconds>', 'stop after that long (default: at Ctrl-C)', parseSeconds)
    .option(
      '--steer <filter>',
      "take what matches, in tcpdump's language, such as 'udp dst port 4321'; may be repeated",
      collect,
      [] as string[],
    )
    .option(
      '--pass <filter>',
      "leave what matches to the kernel, such as 'tcp port 22'; may be repeated",
      collect,
      [] as string[],
    )
    .option('--take-all', 'take every packet of the interface from the kernel')
    .addOption(fragmentsOption())
    .addOption(
      new Option('--steering <who>', 'somebody else directs the flow to these queues').choices(['external']),
    )
    .option('--segments', 'packets longer than a frame, in several (capabilities.segments)')
    .addOption(
      new Option(
        '--on-lost <what>',
        'when a port loses its interface: end with ERR_PORT_LOST, or wait until it is back (default: fail)',
      ).choices(['fail', 'wait']),
    )
    .addOption(
      new Option(
        '--directions <how>',
        "both directions of a flow meet in one worker, by a symmetric RSS key: flows may have twins (default: 'spread')",
      ).choices(['spread', 'meet']),
    )
    .option('--burst <n>', 'packets in one burst at the most, 1 to 256', parseWhole, 32)
    .addOption(
      new Option('--idle <mode>', 'behaviour of a worker without packets')
        .choices(['spin', 'adaptive', 'wait'])
        .default('adaptive'),
    )
    .option('--frames <n>', 'frames of packet memory (default: 16384)', parseWhole)
    .option('--frame-size <bytes>', '2048 or 4096 (default: 2048)', parseWhole)
    .option(
      '--opt <key=value>',
      "an option of every port's backend; may be repeated. Of one port: afxdp:eth0,ring=1024,queues=0-1",
      parsePair,
      [] as [string, string][],
    )
    .option('--columns <list>', 'columns to fill for the processor, such as hash,vlan', (text) =>
      text.split(','),
    )
    .option(
      '--stats <seconds>',
      'rates on stderr that often (default: every second on a terminal)',
      parseSeconds,
    )
    .option('--debug', 'poison freed frames, and fail on use of a packet after return')
    .option('--json', 'print one line of JSON at the end')
    .option('--name <name>', 'the name by which `rxburst ps` and other commands find it')
    .option('--no-control', 'no control socket: other commands find nothing')
    .option(
      '--metrics <address>',
      '/metrics for Prometheus and /healthz at [ADDRESS:]PORT or unix:PATH (ADDRESS: 127.0.0.1)',
    )
}

/** Worker i of n owns every queue whose number is i modulo n, of each port: a forwarder's queues stay together. */
function deal(ports: readonly Port[], cpus: readonly number[]): { cpu: number; queues: Queue[] }[] {
  const all = ports.flatMap((port) => port.queues.map((queue, i) => ({ queue, i })))
  const workers = cpus.map((cpu, w) => ({
    cpu,
    queues: all.filter(({ i }) => i % cpus.length === w).map(({ queue }) => queue),
  }))
  const without = workers.find((worker) => worker.queues.length === 0)
  if (without)
    throw new RxburstError(
      'ERR_BAD_OPTION',
      `--cpus lists ${cpus.length} CPUs, but the ports have no queue for CPU ${without.cpu}: take more queues or fewer CPUs`,
    )
  return workers
}

async function openAll(names: readonly string[], flags: RunFlags): Promise<Port[]> {
  const options: AnyOptions = Object.fromEntries(flags.opt)
  if (flags.queues) options.queues = flags.queues
  if (flags.fragments) options.fragments = flags.fragments
  if (flags.steering) options.steering = flags.steering
  if (flags.segments) options.segments = true
  if (flags.onLost) options.onLost = flags.onLost
  if (flags.steer.length > 0) options.steer = flags.steer
  if (flags.pass.length > 0) options.pass = flags.pass
  const ports: Port[] = []
  try {
    for (const name of names)
      ports.push(await open(name, { ...options, ...(flags.takeAll ? { takeAll: true } : {}) }))
  } catch (error) {
    for (const port of ports) await port.close()
    throw error
  }
  return ports
}

/** Live lines until the plane is done. */
async function watch(plane: DataPlane, everyMs: number): Promise<void> {
  for await (const stats of plane.stats({ everyMs })) process.stderr.write(`${line(stats)}\n`)
}

/** Refuses a name that can't be had before a port is opened; run() takes it, and checks once more. */
function checkFlagsOfControl({ name, control }: RunFlags): void {
  if (name === undefined) return
  if (!control)
    throw new RxburstError('ERR_BAD_OPTION', '--name is found by the control socket: leave --no-control out')
  checkName(name)
  checkNameIsFree(name)
}

/** Opens the ports, runs the processor until --duration, a signal or an error, prints the summary. */
export async function runProcessor(
  processor: URL,
  names: readonly string[],
  flags: RunFlags,
  data: unknown,
): Promise<void> {
  const { frames, frameSize } = flags
  if (frames !== undefined || frameSize !== undefined)
    configureArena({
      ...(frames === undefined ? {} : { frames }),
      ...(frameSize === undefined ? {} : { frameSize: frameSize as 2048 | 4096 }),
    })
  checkInteger('--burst', flags.burst, 1, 256)
  checkFlagsOfControl(flags)
  const metrics = await openMetrics(flags.metrics)
  try {
    await runOnPorts(processor, names, flags, data, metrics)
  } finally {
    await metrics?.close()
  }
}

async function runOnPorts(
  processor: URL,
  names: readonly string[],
  flags: RunFlags,
  data: unknown,
  metrics: MetricsServer | undefined,
): Promise<void> {
  const cpus = flags.cpus ?? [availableParallelism() - 1]
  const interrupted = new AbortController()
  const unlisten = onSignals(ENDING, () => interrupted.abort())
  const ports = await openAll(names, flags)
  try {
    if (interrupted.signal.aborted) return
    for (const port of ports)
      port.watchInterface(({ reason }) => process.stderr.write(`rxburst: ${reason}\n`))
    const plane = await run(processor, {
      workers: deal(ports, cpus).map((worker) => ({ ...worker, data })),
      ports,
      burst: flags.burst,
      idle: flags.idle,
      debug: flags.debug ?? false,
      measure: metrics !== undefined,
      columns: (flags.columns ?? []) as NonNullable<RunOptions['columns']>,
      signal: interrupted.signal,
      name: flags.name,
      ...(flags.directions ? { directions: flags.directions } : {}),
      ...(flags.control ? {} : { control: false }),
    }).catch((error) => {
      if (interrupted.signal.aborted && error === interrupted.signal.reason) return undefined // it was not ready yet
      throw error
    })
    if (!plane) return
    metrics?.serve(plane)
    process.stderr.write('ready\n')
    const stop = () => void plane.stop()
    const timer = flags.duration === undefined ? undefined : setTimeout(stop, flags.duration * 1000)
    const seconds = flags.stats ?? (process.stderr.isTTY ? 1 : 0)
    const failed = await Promise.all([
      plane.done,
      seconds ? watch(plane, Math.max(1, Math.round(seconds * 1e3))) : undefined,
    ]).then(
      () => undefined,
      (error: unknown) => error,
    )
    clearTimeout(timer)
    const stats = plane.snapshot()
    process.stdout.write(
      flags.json ? `${JSON.stringify(statsToJson(stats, ports))}\n` : summary(stats, ports),
    )
    const audit = await plane.audit()
    if (failed) throw failed
    if (!audit.ok)
      throw new RxburstError('ERR_BAD_FRAME', audit.workers.find((worker) => !worker.ok)!.problem)
  } finally {
    for (const port of ports) await port.close()
    unlisten()
  }
}
