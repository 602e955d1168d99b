// The demo's first half: real clients of the kernel talk through l2fwd in TypeScript.
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { labAddress, labPort, onHost } from '../lab/lab.js'
import { CLI, type Summary } from './rxburst.js'
import { type Program, type Stage, say } from './stage.js'

const TRANSFER_BYTES = 20_000_000
const FILE_PORT = 8080
const FILE_SERVER = fileURLToPath(new URL('./file-server.js', import.meta.url))
const RIGHT = labAddress('right')

interface IperfReport {
  end: {
    sum_received?: { bits_per_second: number }
    sum_sent?: { retransmits?: number }
    sum?: { bits_per_second: number; lost_percent: number }
  }
}

/** Throws when a client does not get through. */
export async function showForwarding(stage: Stage): Promise<void> {
  const ports = [`afxdp:${labPort('left')}`, `afxdp:${labPort('right')}`]
  say(`npx rxburst l2fwd ${ports.join(' ')} --take-all --mode io`)
  const forwarder = stage.start([...CLI, 'l2fwd', ...ports, '--take-all', '--mode', 'io', '--json'])
  await forwarder.ready()
  await ping(stage)
  await iperf(stage)
  await transfer(stage)
  const { tx, rejected, lost, ports: opened } = await summaryOf(forwarder)
  const lostBelow = Object.values(lost).reduce((a, b) => a + b, 0)
  const [{ mode, pages }] = opened
  say(
    `l2fwd forwarded ${tx} packets (${mode} mode, ${pages} pages), rejected ${rejected}, lost below ${lostBelow}`,
  )
}

export async function summaryOf(program: Program): Promise<Summary> {
  const { status, stdout, stderr } = await program.stop()
  if (status !== 0) throw new Error(`${program.argv.join(' ')}: exit status ${status}\n${stderr.trim()}`)
  return JSON.parse(stdout.toString()) as Summary
}

async function ping(stage: Stage) {
  const text = await stage.run(onHost('left', ['ping', '-c', '10', '-i', '0.05', '-W', '2', RIGHT]))
  const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(text) ?? []
  if (sent !== received) throw new Error(`ping: ${received} of ${sent} came back`)
  say(`ping: ${received} of ${sent} came back, ${/= ([\d.]+\/[\d.]+)/.exec(text)?.[1]} ms (min/avg)`)
}

async function iperf(stage: Stage) {
  const server = stage.start(onHost('right', ['iperf3', '--server', '--forceflush']))
  const client = async (...flags: string[]) => {
    const text = await stage.run(onHost('left', ['iperf3', '--client', RIGHT, '--json', ...flags]))
    return (JSON.parse(text) as IperfReport).end
  }
  await listening(stage, 5201)
  const tcp = await client('--time', '4')
  const tcpBits = tcp.sum_received?.bits_per_second ?? 0
  if (tcpBits === 0) throw new Error('iperf3 TCP: nothing arrived')
  say(`iperf3 TCP: ${gigabits(tcpBits)}, ${tcp.sum_sent?.retransmits ?? 0} retransmissions`)
  const udp = (await client('--udp', '--bitrate', '200M', '--time', '3')).sum
  if (!udp || udp.lost_percent > 50) throw new Error(`iperf3 UDP: ${udp?.lost_percent} % lost`)
  say(`iperf3 UDP: ${gigabits(udp.bits_per_second)} sent, ${udp.lost_percent.toFixed(2)} % lost`)
  await server.stop('SIGTERM')
}

async function transfer(stage: Stage) {
  const server = stage.start(
    onHost('right', [process.execPath, FILE_SERVER, RIGHT, String(FILE_PORT), String(TRANSFER_BYTES)]),
  )
  await server.ready()
  const from = performance.now()
  const url = `http://${RIGHT}:${FILE_PORT}/`
  const { status, stdout } = await stage
    .start(onHost('left', ['curl', '-sf', '--max-time', '30', url]))
    .ended()
  const seconds = (performance.now() - from) / 1e3
  const sent = (await server.stop('SIGTERM')).stdout.toString().trim()
  const got = createHash('sha256').update(stdout).digest('hex')
  if (status !== 0 || stdout.length !== TRANSFER_BYTES || got !== sent)
    throw new Error(
      `the transfer of ${TRANSFER_BYTES} bytes arrived as ${stdout.length} with SHA-256 ${got}, not ${sent}`,
    )
  say(`20 MB by curl in ${seconds.toFixed(2)} s; SHA-256 the same on both sides: ${got.slice(0, 16)}…`)
}

// iperf3 says when it listens only to a terminal: ask the kernel.
async function listening(stage: Stage, port: number) {
  for (let tries = 0; tries < 100; tries++) {
    if (
      (await stage.run(onHost('right', ['cat', '/proc/net/tcp', '/proc/net/tcp6']))).includes(hexPort(port))
    )
      return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing listens on TCP port ${port} of the right host`)
}

const hexPort = (port: number) => `:${port.toString(16).toUpperCase().padStart(4, '0')} `
const gigabits = (bits: number) => `${(bits / 1e9).toFixed(2)} Gbit/s`
