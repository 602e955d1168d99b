// `rxburst generate PORT`: sends flows at a rate, and says what the receiver was offered.

import { Command, InvalidArgumentError } from 'commander'
import { formatFlow, parseFlow } from '../generate/flow.js'
import type { Generator } from '../generate/generator.js'
import { openGenerator } from '../generate/open.js'
import { parseRate } from '../generate/rate.js'
import { ENDING, onSignals } from '../signals.js'

const HELP = `
PORT is xdp:INTERFACE: XDP live frames, 2 to 3 million a second from one core, for flooding a veth.
Or a port of any backend, which sends through its own rings; while it does, it takes what arrives there from the kernel.
A flow is 'udp [ADDRESS][:PORT[-PORT]] > ADDRESS:PORT'; a range of source ports is as many flows.
A rate is 500k, 1.5Mpps or 2Gbit/s; without one it sends as fast as it can. Without --duration or --count, until Ctrl-C.

Examples (npx rxburst lab up makes the hosts; npx rxburst drop afxdp:rxb-left --take-all receives):
  $ ip netns exec rxburst-left npx rxburst generate xdp:eth0 --duration 5
  $ ip netns exec rxburst-left npx rxburst generate xdp:eth0 --flow 'udp :1024-2047 > 10.77.0.2:4321' --rate 1M --count 10M
  $ ip netns exec rxburst-left npx rxburst generate xdp:eth0 --size 1500 --rate 1Gbit/s --duration 10 --json
  $ npx rxburst generate afxdp:rxb-left --flow 'udp 198.18.0.1 > 10.77.0.1:4321' --rate 100k --duration 5`

const SLICE_MS = 100 // how late Ctrl-C and the statistics can be
const DEFAULT_FLOW = 'udp > 10.77.0.2:4321'

interface Flags {
  flow: string
  size: number
  rate?: string
  duration?: number
  count?: number
  cpu?: number
  fromMac?: string
  toMac?: string
  json?: boolean
}

export function generateCommand(): Command {
  return new Command('generate')
    .description('sends flows of UDP packets at a rate')
    .argument('<port>', 'xdp:INTERFACE, or a port such as afxdp:eth0')
    .option('--flow <flow>', 'packets to send', DEFAULT_FLOW)
    .option('--size <bytes>', 'bytes of a frame, Ethernet header included, no checksum', number, 64)
    .option('--rate <rate>', 'packets or bits per second')
    .option('--duration <seconds>', 'for so long', positive)
    .option('--count <packets>', 'at most so many', positive)
    .option('--cpu <n>', 'the CPU to send from; on a veth it chooses the receiving queue', number)
    .option('--from-mac <mac>', 'source MAC (default: the interface’s)')
    .option('--to-mac <mac>', 'destination MAC (default: the neighbour’s, or else broadcast)')
    .option('--json', 'one line of JSON on stdout at the end')
    .addHelpText('after', HELP)
    .action(generate)
}

async function generate(port: string, flags: Flags) {
  const { size, fromMac, toMac } = flags
  const packetsPerSecond = flags.rate === undefined ? 0 : parseRate(flags.rate, size)
  const flow = parseFlow(flags.flow)
  const options = { flow, size, packetsPerSecond, cpu: flags.cpu ?? -1, fromMac, toMac }
  const generator = await openGenerator(port, options)
  try {
    const { seconds, sent } = await sendAll(generator, flags)
    report(port, generator, flags, seconds, sent)
  } finally {
    await generator.close()
  }
}

async function sendAll(generator: Generator, { duration, count }: Flags) {
  let stopped = false
  const unlisten = onSignals(ENDING, () => {
    stopped = true
  })
  const packets = count ?? Number.POSITIVE_INFINITY
  const from = performance.now()
  const end = from + (duration ?? Number.POSITIVE_INFINITY) * 1e3
  let sent = 0
  let shown = from
  process.stderr.write(`${formatFlow(generator.flow)} to ${generator.toMac}\nready\n`)
  for (let now = from; !stopped && sent < packets && now < end; now = performance.now()) {
    sent += await generator.send(packets - sent, Math.min(SLICE_MS, end - now))
    if (process.stderr.isTTY && performance.now() - shown >= 1e3) {
      shown = performance.now()
      process.stderr.write(
        `${((shown - from) / 1e3).toFixed(0)} s  ${((sent / (shown - from)) * 1e-3).toFixed(3)} Mpps  ${sent} sent\n`,
      )
    }
  }
  unlisten()
  return { seconds: (performance.now() - from) / 1e3, sent }
}

function report(port: string, generator: Generator, flags: Flags, seconds: number, sent: number) {
  const { packets: offered, counter } = generator.offered()
  const result = {
    seconds: round(seconds),
    port,
    flow: formatFlow(generator.flow),
    size: flags.size,
    sent,
    offered,
    offered_counter: counter,
    refused: Math.max(0, sent - offered),
    mpps: round(offered / seconds / 1e6),
    gbps: round((offered * flags.size * 8) / seconds / 1e9),
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else
    process.stdout.write(
      `${port}: ${result.flow}, ${flags.size} bytes\n` +
        `offered ${offered} packets in ${seconds.toFixed(2)} s: ${result.mpps} Mpps, ${result.gbps} Gbit/s ` +
        `(${counter === 'sent' ? 'as sent' : `${counter}’s counter`}); ${result.refused} refused\n`,
    )
}

const round = (value: number) => Math.round(value * 1e4) / 1e4

function number(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text)
  if (!parts) throw new InvalidArgumentError('It is a number, such as 5 or 10M.')
  return Number(parts[1]) * (parts[2] === 'k' ? 1e3 : parts[2] === 'M' ? 1e6 : 1)
}

function positive(text: string): number {
  const value = number(text)
  if (value === 0) throw new InvalidArgumentError('It is more than 0.')
  return value
}
