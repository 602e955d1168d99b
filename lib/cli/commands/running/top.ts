// `rxburst top`: a running data plane, live in the terminal.
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, InvalidArgumentError } from 'commander'
import type { TopAnswer } from '../../../control/plane-control.js'
import { ControlClient } from '../../../control-socket/client.js'
import { findPlane, planes } from '../../../control-socket/find.js'
import type { Entry } from '../../../control-socket/folder.js'
import { RxburstError } from '../../../errors.js'
import { frameOf, History } from '../../top/frame.js'
import { type View, viewOf, viewToJson } from '../../top/rates.js'
import { Screen } from '../../top/screen.js'

const WIDTH = 80
const HELP = `
q or Ctrl-C ends it. Bars show what was received in the last intervals. Losses are red, by the kernel's and DPDK's
names. Without PID or NAME there has to be one data plane only.

Examples:
  $ npx rxburst top
  $ npx rxburst top fw --interval 0.5
  $ npx rxburst top fw --once --json`

interface Flags {
  interval: number
  once?: boolean
  json?: boolean
}

function parseInterval(text: string): number {
  const seconds = Number(text)
  if (seconds >= 0.1 && seconds <= 3600) return seconds
  throw new InvalidArgumentError('an interval is 0.1 to 3600 seconds.')
}

/** The only data plane that runs. */
function onlyPlane(): Entry {
  const all = planes()
  if (all.length === 0)
    throw new RxburstError('ERR_NO_PLANE', 'no data plane runs. Start one: npx rxburst run FILE PORT')
  if (all.length === 1) return all[0]
  const titles = all.map(({ name, pid }) => (name === undefined ? `${pid}` : `${name} (${pid})`))
  throw new RxburstError(
    'ERR_BAD_ARGUMENT',
    `${all.length} data planes run: ${titles.join(', ')}. Say which: npx rxburst top ${all[0].name ?? all[0].pid}`,
  )
}

/** Shows each interval until the user leaves; whether the data plane has ended before that. */
async function watch(client: ControlClient, interval: number): Promise<boolean> {
  const screen = new Screen()
  try {
    const history = new History()
    let before = await client.ask<TopAnswer>('top')
    let view: View = viewOf(before, before)
    const draw = () => {
      const { columns = WIDTH, rows = 24 } = process.stdout
      screen.show(frameOf(view, history, { columns, rows, styled: !process.env.NO_COLOR }))
    }
    process.stdout.on('resize', draw)
    for (draw(); ; draw()) {
      await sleep(interval * 1e3, undefined, { signal: screen.left }).catch(() => {})
      if (screen.left.aborted) return false
      const now = await client.ask<TopAnswer>('top')
      view = viewOf(before, now)
      history.add(view)
      before = now
    }
  } catch (error) {
    if (screen.left.aborted) return false
    if (planes().some(({ path }) => path === client.entry.path)) throw error
    return true
  } finally {
    screen.close()
  }
}

async function once(client: ControlClient, { interval, json }: Flags): Promise<void> {
  const before = await client.ask<TopAnswer>('top')
  await sleep(interval * 1e3)
  const view = viewOf(before, await client.ask<TopAnswer>('top'))
  if (json) {
    process.stdout.write(`${JSON.stringify(viewToJson(view))}\n`)
    return
  }
  const history = new History()
  history.add(view)
  const styled = process.stdout.isTTY === true && !process.env.NO_COLOR
  const columns = process.stdout.columns ?? WIDTH
  const lines = frameOf(view, history, { columns, rows: Number.POSITIVE_INFINITY, styled })
  process.stdout.write(`${lines.join('\n')}\n`)
}

export function topCommand(): Command {
  return new Command('top')
    .description('a running data plane, live: rates by port, worker, queue, rule and table of flows')
    .argument('[plane]', 'its process or its name (default: the only one that runs)')
    .option('--interval <seconds>', 'the time between two looks', parseInterval, 1)
    .option('--once', 'look once, print it and end')
    .option('--json', 'with --once: one line of JSON on stdout')
    .addHelpText('after', HELP)
    .action(async (word: string | undefined, flags: Flags) => {
      if (flags.json && !flags.once) throw new RxburstError('ERR_BAD_OPTION', '--json goes with --once')
      if (!flags.once && !process.stdout.isTTY)
        throw new RxburstError('ERR_BAD_OPTION', 'top wants a terminal on stdout. Without one: top --once')
      const client = await ControlClient.connect(word === undefined ? onlyPlane() : findPlane(word))
      try {
        if (flags.once) await once(client, flags)
        else if (await watch(client, flags.interval)) process.stderr.write('the data plane has ended\n')
      } finally {
        client.close()
      }
    })
}
