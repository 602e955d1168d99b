// `rxburst replay FILE PORT`: sends the packets of a capture file, at the times that it says or at a rate.
import { Command } from 'commander'
import { replay } from '../../replay/replay.js'
import { ENDING, onSignals } from '../../signals.js'
import { collect, parseWhole } from '../common.js'
import { round } from '../generate/sending.js'

const HELP = `
FILE is pcap or pcapng, compressed or not; '-' is standard input. The file is read as it is sent, so its size does not
matter. A worker spins, so a packet leaves when it is due: 'late' says how much later. With --rate max each leaves as
soon as there is room. --rewrite changes a field in packets that have the header, and keeps checksums right. Fields:
docs/wire.md. An afxdp: port takes every packet that arrives there from the kernel and drops it, ssh too. packet: and
socket: leave the kernel its packets.

Examples:
  $ npx rxburst replay trace.pcap afxdp:rxb-left
  $ npx rxburst replay trace.pcapng.gz afxdp:rxb-left --rate '100k pps' --loop 10
  $ npx rxburst replay trace.pcap packet:eth0 --rate max --rewrite ethernet.destination=02:00:00:00:00:01 --json`

interface Flags {
  rate: string
  loop: number
  rewrite: string[]
  cpu?: number
  json?: boolean
}

async function act(
  file: string,
  port: string,
  { rate, loop, rewrite, cpu = -1, json }: Flags,
): Promise<void> {
  const stop = new AbortController()
  const unlisten = onSignals(ENDING, () => stop.abort())
  try {
    const shown = process.stderr.isTTY === true
    const result = await replay({
      file,
      port,
      rate,
      loop,
      rewrite,
      cpu,
      signal: stop.signal,
      onProgress: (sent, seconds) => {
        if (shown) process.stderr.write(`${seconds.toFixed(0)} s  ${sent} sent\n`)
      },
    })
    const { seconds, sent, bytes, late_us: late } = result
    const rates = {
      mpps: round(seconds > 0 ? sent / seconds / 1e6 : 0),
      gbps: round(seconds > 0 ? (bytes * 8) / seconds / 1e9 : 0),
    }
    if (json) {
      const line = { file, port, rate, loop, ...result, seconds: round(seconds), ...rates }
      process.stdout.write(`${JSON.stringify(line)}\n`)
      return
    }
    const timing =
      late && rate !== 'max' ? `; late by ${late.p50} us in the median, ${late.p99} us at 99 %` : ''
    process.stdout.write(
      `${port}: ${sent} of ${result.read} packets in ${seconds.toFixed(2)} s: ${rates.mpps} Mpps, ${rates.gbps} Gbit/s` +
        `; ${result.refused} refused, ${result.skipped} skipped${timing}\n`,
    )
  } finally {
    unlisten()
  }
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('sends the packets of a capture file by a port')
    .argument('<file>', "pcap or pcapng; '-' is standard input")
    .argument('<port>', 'a port such as afxdp:eth0')
    .option('--rate <rate>', "original, max, '100k pps' or '2 Gbps'", 'original')
    .option('--loop <n>', 'so many rounds; 0: without end', parseWhole, 1)
    .option('--rewrite <field=value>', 'a field of each packet, such as ipv4.source=10.0.0.1', collect, [])
    .option('--cpu <n>', 'the CPU to send from (default: the last)', parseWhole)
    .option('--json', 'one line of JSON on stdout at the end')
    .addHelpText('after', HELP)
    .action(act)
}
