// `rxburst capture`: packets of a port, or of a data plane that runs, into a file or as lines.
import { Command, InvalidArgumentError } from 'commander'
import { type CaptureOptions, checkCaptureOptions } from '../../../capture/options.js'
import { checkWritable } from '../../../capture/sink.js'
import { meantBy } from '../../../control-socket/find.js'
import { ENDING, onSignals } from '../../../signals.js'
import type { CaptureFlags } from '../../capture/flags.js'
import { captureOf } from '../../capture/open.js'
import { Printer } from '../../capture/print.js'
import { report } from '../../capture/report.js'
import { collect, parseWhole } from '../../common.js'
import { parseNumbers } from '../../numbers.js'
import { addPrintOptions } from '../../packet-lines.js'

const HELP = `
A word with ':' is a port, which is opened for the capture. On afxdp: it takes what --steer or --take-all say from the
kernel, and drops it. On packet: it sees beside the kernel, and what the machine sends too. Digits are a process, any
other word is the name of a data plane that runs (npx rxburst ps). It goes on as before. A reader that is too slow loses
packets, which are counted. At entry a packet is as it was received, at exit it has its verdict. Wireshark finds drops
by frame.verdict.ebpf_xdp == 1. Packets that XDP itself ends are not seen. A file whose name ends in .pcap is pcap, any
other pcapng; .gz or .zst behind it compresses. -c counts packets over all points. Ctrl-C ends the file. 'ready' on stderr
says that it has begun. With -w the closing counts go to stderr, and with --json to stdout.

Examples:
  $ npx rxburst capture fw -w drops.pcapng --points exit --snaplen 96
  $ npx rxburst capture fw --filter 'udp port 53' -c 10 -e -v
  $ npx rxburst capture packet:eth0 -w - | tshark -r -
  $ npx rxburst capture afxdp:rxb-left --take-all -w flood.pcapng --rotate 100MB --files 10`

function parseBytes(text: string): number {
  const [, digits, unit] = /^(\d+)([kMG]?)B?$/i.exec(text) ?? []
  if (digits === undefined) throw new InvalidArgumentError('a size is written 100MB, 1GB or 4096.')
  const factor = { k: 1e3, m: 1e6, g: 1e9 }[unit.toLowerCase()] ?? 1
  return Number(digits) * factor
}

function optionsOf(flags: CaptureFlags, isPort: boolean): CaptureOptions {
  const { filter, snaplen, sample, points = isPort ? ['entry'] : undefined } = flags
  return {
    filter,
    snaplen,
    sample,
    points,
    to: flags.w,
    count: flags.c,
    rotateBytes: flags.rotate,
    files: flags.files,
  }
}

async function run(word: string, flags: CaptureFlags): Promise<void> {
  const isPort = meantBy(word).kind === 'port'
  const options = optionsOf(flags, isPort)
  const checked = checkCaptureOptions(options)
  if (flags.w !== undefined && flags.w !== '-') checkWritable(flags.w, flags.rotate !== undefined)
  let interrupted = false
  let stop = () => {
    interrupted = true
  }
  const unlisten = onSignals(ENDING, () => stop())
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    stop() // the reader has seen enough
  })
  try {
    const { capture, end } = await captureOf(word, flags, options)
    stop = () => void capture.stop().catch(() => {})
    process.stderr.write('ready\n')
    if (interrupted) stop()
    const progress = report(capture, flags.w !== undefined)
    const failed = await (flags.w === undefined
      ? new Printer(flags, checked.points).print(capture)
      : capture.done
    ).then(
      () => undefined,
      (error: unknown) => error,
    )
    progress.end()
    const lost = await end().then(
      (count) => count,
      (error) => {
        throw failed ?? error
      },
    )
    progress.close(capture.counts(), lost, flags)
    if (failed) throw failed
  } finally {
    unlisten()
  }
}

export function captureCommand(): Command {
  const command = new Command('capture')
    .description('packets with their verdicts, of a port or of a data plane that runs')
    .argument('<what>', 'a port such as packet:eth0, or the process or name of a data plane')
    .option('-w <file>', "a file to write; '-': the standard output (default: a line a packet)")
    .option('-c <n>', 'end after so many packets', parseWhole)
    .option('--filter <expression>', "packets to capture, in tcpdump's language")
    .option('--snaplen <bytes>', 'bytes of each packet, at most (default: 65535)', parseWhole)
    .option('--points <list>', 'entry, exit or both (default: both; of a port of its own: entry)', (text) =>
      text.split(','),
    )
    .option('--sample <n>', 'one packet of so many', parseWhole)
    .option('--rotate <size>', 'begin the next file after so many bytes, such as 100MB', parseBytes)
    .option('--files <n>', 'keep the last files only, so many', parseWhole)
    .option('--json', 'an object a line; with -w the closing counts as an object')
  return addPrintOptions(command)
    .option('--queues <list>', "of a port: queues to take, such as 0,1 or 'all' (default: all)", (text) =>
      text === 'all' ? undefined : parseNumbers(text),
    )
    .option('--steer <filter>', 'of a port: take what matches; may be repeated', collect, [] as string[])
    .option('--pass <filter>', 'of a port: leave what matches to the kernel', collect, [] as string[])
    .option('--take-all', 'of a port: take every packet of the interface from the kernel')
    .option(
      '--opt <key=value>',
      'of a port: an option of its backend; may be repeated',
      collect,
      [] as string[],
    )
    .addHelpText('after', HELP)
    .action(run)
}
