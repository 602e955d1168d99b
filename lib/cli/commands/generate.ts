// `rxburst generate PORT`: sends flows at a rate, and says what the receiver was offered.
import { Command } from 'commander'
import { RxburstError } from '../../errors.js'
import { formatFlow, parseFlow } from '../../generate/flow.js'
import type { Generator } from '../../generate/generator.js'
import { openGenerator } from '../../generate/open.js'
import { parseRate } from '../../generate/rate.js'
import { collect, generatePackets, type PacketFlags, sizeOf } from '../generate/packets.js'
import { number, positive, round, sendAll } from '../generate/sending.js'

const HELP = `
PORT is xdp:INTERFACE: XDP live frames, 2 to 3 million a second from one core, for flooding a veth.
Or a port of any backend, which sends through its own rings; while it does, it takes what arrives there from the kernel.
--packet sends any packet that fill() of rxburst/wire makes, by a port of a backend. --set gives a field a value; --vary gives it one
value after the other. With several --vary the first one changes fastest. Fields: docs/wire.md.
--measure PORT2 puts a signature behind layer 4, and counts loss, order and latency where the packets come back. Each worker does both,
by a queue of its own of either port; --workers 2 wants two queues of each.
A flow is 'udp [ADDRESS][:PORT[-PORT]] > ADDRESS:PORT'; a range of source ports is as many flows.
A rate is 500k, 1.5Mpps or 2Gbit/s; without one it sends as fast as it can. Without --duration or --count, until Ctrl-C.

Examples (npx rxburst lab up makes the hosts; npx rxburst drop afxdp:rxb-left --take-all receives):
  $ ip netns exec rxburst-left npx rxburst generate xdp:eth0 --duration 5
  $ ip netns exec rxburst-left npx rxburst generate xdp:eth0 --flow 'udp :1024-2047 > 10.77.0.2:4321' --rate 1M --count 10M
  $ ip netns exec rxburst-left npx rxburst generate xdp:eth0 --size 1500 --rate 1Gbit/s --duration 10 --json
  $ npx rxburst generate afxdp:rxb-left --flow 'udp 198.18.0.1 > 10.77.0.1:4321' --rate 100k --duration 5
  $ npx rxburst generate afxdp:rxb-left --packet ethernet/ipv6/tcp --vary source.port=1024-65535 --count 1M
  $ npx rxburst generate afxdp:rxb-left --packet ethernet/vlan/ipv4/udp --set ipv4.destination=10.77.0.1 --size imix --rate 1Gbit/s
  $ npx rxburst generate loop:a,peer=b --measure loop:b,peer=a --rate 10k --burst 8 --duration 10 --json`

const DEFAULT_SIZE = 64
const TWO_KINDS =
  '--flow sends UDP packets of its own; with --packet, --set, --vary, --burst, --measure, --workers and --size imix write the flow as --set and --vary'
const DEFAULT_FLOW = 'udp > 10.77.0.2:4321'

interface Flags extends PacketFlags {
  flow?: string
}

export function generateCommand(): Command {
  return new Command('generate')
    .description('sends flows of UDP packets, or any packets, at a rate')
    .argument('<port>', 'xdp:INTERFACE, or a port such as afxdp:eth0')
    .option('--flow <flow>', `packets to send (default: '${DEFAULT_FLOW}')`)
    .option('--packet <headers>', 'packets to send instead, such as ethernet/ipv6/tcp')
    .option('--set <field=value>', 'a field of --packet, such as ipv4.source=10.0.0.1', collect)
    .option('--vary <field=from-to>', 'a field that changes, such as source.port=1024-65535', collect)
    .option(
      '--size <bytes>',
      'bytes of a frame, Ethernet header included, no checksum (default: 64); or imix',
      sizeOf,
    )
    .option('--rate <rate>', 'packets or bits per second')
    .option('--burst <packets>', 'of --packet: so many at a time', positive)
    .option('--measure <port>', 'where the packets come back: loss, order and latency')
    .option('--workers <n>', 'of --packet: threads that send and measure (default: 1)', positive)
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
  const { packet, set, vary, burst, measure, workers } = flags
  if (
    [packet, set, vary, burst, measure, workers].some((flag) => flag !== undefined) ||
    flags.size === 'imix'
  ) {
    if (flags.flow !== undefined) throw new RxburstError('ERR_BAD_OPTION', TWO_KINDS)
    return generatePackets(port, flags)
  }
  const size = flags.size ?? DEFAULT_SIZE
  const { fromMac, toMac } = flags
  const packetsPerSecond = flags.rate === undefined ? 0 : parseRate(flags.rate, size)
  const flow = parseFlow(flags.flow ?? DEFAULT_FLOW)
  const options = { flow, size, packetsPerSecond, cpu: flags.cpu ?? -1, fromMac, toMac }
  const generator = await openGenerator(port, options)
  try {
    const { seconds, sent } = await sendAll(
      generator,
      `${formatFlow(generator.flow)} to ${generator.toMac}`,
      flags,
    )
    report(port, generator, flags, size, seconds, sent)
  } finally {
    await generator.close()
  }
}

function report(
  port: string,
  generator: Generator,
  flags: Flags,
  size: number,
  seconds: number,
  sent: number,
) {
  const { packets: offered, counter } = generator.offered()
  const result = {
    seconds: round(seconds),
    port,
    flow: formatFlow(generator.flow),
    size,
    sent,
    offered,
    offered_counter: counter,
    refused: Math.max(0, sent - offered),
    mpps: round(offered / seconds / 1e6),
    gbps: round((offered * size * 8) / seconds / 1e9),
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else
    process.stdout.write(
      `${port}: ${result.flow}, ${size} bytes\n` +
        `offered ${offered} packets in ${seconds.toFixed(2)} s: ${result.mpps} Mpps, ${result.gbps} Gbit/s ` +
        `(${counter === 'sent' ? 'as sent' : `${counter}’s counter`}); ${result.refused} refused\n`,
    )
}
