// The demo's second half: one flood, received by `drop` over AF_XDP and then by node:dgram.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { countersOf } from '../lab/iproute.js'
import { FLOW, labAddress, labPort, onHost } from '../lab/lab.js'
import { summaryOf } from './forward.js'
import { CLI, type Generated } from './rxburst.js'
import { type Stage, say } from './stage.js'

const SECONDS = 5
const NEAR = labPort('left')
const NEAR_ADDRESS = '10.77.0.11'
const RECEIVER = fileURLToPath(new URL('./dgram-receiver.js', import.meta.url))
// The sender's CPU does the kernel's receive work too; the receiver has the other one.
const SENDER_CPU = 0
const RECEIVER_CPU = availableParallelism() - 1

export interface Row {
  receiver: string
  /** By the receiving interface's own counter. */
  offered: number
  received: number
  seconds: number
  /** Where the rest was lost. */
  lostAt: string
}

export async function showDrop(stage: Stage): Promise<Row> {
  say(`npx rxburst drop afxdp:${NEAR} --take-all, and ${SECONDS} s of flood from the left host`)
  const drop = stage.start([
    ...CLI,
    'drop',
    `afxdp:${NEAR}`,
    '--take-all',
    '--cpus',
    `${RECEIVER_CPU}`,
    '--json',
  ])
  await drop.ready()
  const { offered, seconds } = await flood(stage)
  const { rx, lost } = await summaryOf(drop)
  const losses = Object.entries(lost).filter(([, count]) => count > 0)
  const lostAt = losses.map(([name, count]) => `${name} ${count.toLocaleString('en')}`).join(', ')
  return { receiver: 'rxburst drop, AF_XDP', offered, received: rx, seconds, lostAt }
}

export async function showDgram(stage: Stage): Promise<Row> {
  const change = async (line: string) => {
    say(`+ ${line}`)
    await stage.run(line.split(' '))
  }
  // A veth without an XDP program takes redirected frames only with gro on.
  await change(`ethtool -K ${NEAR} gro on`)
  await change(`ip address add ${NEAR_ADDRESS} peer ${labAddress('left')}/32 dev ${NEAR}`)
  say(`node:dgram on ${NEAR_ADDRESS}:${FLOW.port}, and the same flood`)
  const receiver = stage.start([
    'taskset',
    '--cpu-list',
    `${RECEIVER_CPU}`,
    process.execPath,
    RECEIVER,
    NEAR_ADDRESS,
    `${FLOW.port}`,
  ])
  await receiver.ready()
  const { offered, seconds } = await flood(stage)
  const { received } = JSON.parse((await receiver.stop()).stdout.toString()) as { received: number }
  await change(`ip address delete ${NEAR_ADDRESS} peer ${labAddress('left')}/32 dev ${NEAR}`)
  await change(`ethtool -K ${NEAR} gro off`)
  return { receiver: 'node:dgram', offered, received, seconds, lostAt: 'socket buffer full' }
}

async function flood(stage: Stage): Promise<{ offered: number; seconds: number }> {
  const flow = `udp ${labAddress('left')}:1024-1039 > ${NEAR_ADDRESS}:${FLOW.port}`
  const flags = ['--flow', flow, '--duration', `${SECONDS}`, '--cpu', `${SENDER_CPU}`, '--json']
  const before = countersOf(NEAR)?.rx ?? 0
  const text = await stage.run(onHost('left', [...CLI, 'generate', 'xdp:eth0', ...flags]))
  const offered = (countersOf(NEAR)?.rx ?? 0) - before
  return { offered, seconds: (JSON.parse(text) as Generated).seconds }
}

/** The table, at most 80 columns. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ receiver, offered, received, seconds }) => [
    receiver,
    offered.toLocaleString('en'),
    received.toLocaleString('en'),
    (received / seconds / 1e6).toFixed(3),
    (offered - received).toLocaleString('en'),
    `${((1 - received / offered) * 100).toFixed(1)} %`,
  ])
  const lines = [['one flood of 64-byte UDP', 'offered', 'received', 'Mpps', 'drops', ''], ...cells]
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)))
  const text = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  )
  text.splice(1, 0, '-'.repeat(Math.max(...text.map((line) => line.length))))
  const losses = rows.filter((row) => row.offered > row.received)
  return [...text, ...losses.map((row) => `drops of ${row.receiver}: ${row.lostAt || 'not counted'}`)].join(
    '\n',
  )
}
