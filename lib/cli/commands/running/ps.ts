// `rxburst ps`: the data planes that run, each asked twice by its control socket, so that there are rates.
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import type { PlaneStatus } from '../../../control/plane-control.js'
import { ControlClient } from '../../../control-socket/client.js'
import { findPlane, planes } from '../../../control-socket/find.js'
import type { Entry } from '../../../control-socket/folder.js'
import { RxburstError } from '../../../errors.js'
import { aligned, printable } from '../../columns.js'
import { short } from '../../text.js'

const INTERVAL_MS = 500
const HELP = `
Root sees the data planes of all users, others see their own. One that does not answer is listed without rates, and the exit code
is 1 then.

Examples:
  $ npx rxburst ps
  $ npx rxburst ps fw --json`

/** Rates of one data plane over the last half second. */
export interface Rates {
  rx_pps: number
  tx_pps: number
  dropped_pps: number
  passed_pps: number
  rejected_pps: number
  lost_pps: number
  rx_bps: number
  tx_bps: number
}

/** One line of the list. */
export interface PlaneRow extends Omit<PlaneStatus, 'state'> {
  state: PlaneStatus['state'] | 'silent'
  rates: Rates
}

function ratesOf(before: PlaneStatus, now: PlaneStatus): Rates {
  const seconds = now.seconds - before.seconds
  const rate = (key: keyof PlaneStatus['counts'], factor = 1) => {
    const gone = now.counts[key] - before.counts[key]
    return seconds > 0 && gone > 0 ? Math.round((gone * factor) / seconds) : 0
  }
  return {
    rx_pps: rate('rx'),
    tx_pps: rate('tx'),
    dropped_pps: rate('dropped'),
    passed_pps: rate('passed'),
    rejected_pps: rate('rejected'),
    lost_pps: rate('lost'),
    rx_bps: rate('rx_bytes', 8),
    tx_bps: rate('tx_bytes', 8),
  }
}

/** Of a data plane that does not answer there is only the name of its socket. */
function silent({ pid, name, uid }: Entry): PlaneRow {
  const counts = { rx: 0, tx: 0, dropped: 0, passed: 0, rejected: 0, rx_bytes: 0, tx_bytes: 0, lost: 0 }
  const status: PlaneStatus = {
    pid,
    name: name ?? null,
    user: String(uid),
    uid,
    state: 'running',
    processor: '',
    ports: [],
    workers: [],
    seconds: 0,
    counts,
    by_queue: [],
    counters: {},
  }
  return { ...status, state: 'silent', rates: ratesOf(status, status) }
}

/** Asks a data plane twice; undefined: it has ended meanwhile. */
async function ask(entry: Entry): Promise<PlaneRow | undefined> {
  let client: ControlClient | undefined
  try {
    client = await ControlClient.connect(entry)
    const before = await client.ask<PlaneStatus>('status')
    await sleep(INTERVAL_MS)
    const now = await client.ask<PlaneStatus>('status')
    return { ...now, rates: ratesOf(before, now) }
  } catch (error) {
    const gone =
      (error as RxburstError).code === 'ERR_NO_PLANE' || !planes().some(({ path }) => path === entry.path)
    return gone ? undefined : silent(entry)
  } finally {
    client?.close()
  }
}

function table(rows: readonly PlaneRow[]): string {
  const cells = rows.map((row) =>
    [
      `${row.pid}`,
      row.name ?? '-',
      row.user,
      row.state,
      `${short(row.rates.rx_pps)}pps`,
      `${short(row.rates.tx_pps)}pps`,
      `${short(row.rates.dropped_pps)}pps`,
      row.ports.map(({ name }) => name).join(',') || '-',
      row.processor || '-',
    ].map(printable),
  )
  return aligned([['PID', 'NAME', 'USER', 'STATE', 'RX', 'TX', 'DROPPED', 'PORTS', 'PROCESSOR'], ...cells])
}

/** A row as `--json` prints it, its keys in the order of the list. */
const toJson = ({ rates, counts, by_queue, counters, ...row }: PlaneRow) => ({
  ...row,
  rates,
  counts,
  counters,
  by_queue,
})

/** Processors' own counters, a line for each data plane that has any. */
const counterLines = (rows: readonly PlaneRow[]): string =>
  rows
    .map(({ name, pid, counters }) => ({ who: name ?? `${pid}`, all: Object.entries(counters ?? {}) }))
    .filter(({ all }) => all.length > 0)
    .map(
      ({ who, all }) =>
        `${printable(`${who}: ${all.map(([name, count]) => `${name} ${count}`).join(', ')}`)}\n`,
    )
    .join('')

export function psCommand(): Command {
  return new Command('ps')
    .description('the data planes that run: process, name, user, rates, ports and processor')
    .argument('[plane]', 'only this one: its process or its name')
    .option('--json', 'one line of JSON on stdout')
    .addHelpText('after', HELP)
    .action(async (word: string | undefined, { json }: { json?: boolean }) => {
      const asked = word === undefined ? planes() : [findPlane(word)]
      const rows = (await Promise.all(asked.map(ask))).filter((row) => row !== undefined)
      if (word !== undefined && rows.length === 0)
        throw new RxburstError('ERR_NO_PLANE', `the data plane '${word}' has just ended`)
      rows.sort((a, b) => a.pid - b.pid)
      if (json) process.stdout.write(`${JSON.stringify({ planes: rows.map(toJson) })}\n`)
      else process.stdout.write(rows.length === 0 ? 'no data plane runs\n' : table(rows) + counterLines(rows))
      if (rows.some(({ state }) => state === 'silent')) process.exitCode = 1
    })
}
