// rxburst dissect FILE: the packets of a capture file, a line each or an object each.
import { once } from 'node:events'
import { Command } from 'commander'
import { Conversations } from '../../dissect/conversations.js'
import { dissect } from '../../dissect/dissect.js'
import { hexDump, lineOf, stamp } from '../../dissect/line.js'
import { RxburstError } from '../../errors.js'
import { openCapture } from '../../pcap/reader.js'

const HELP = `
Reads pcap and pcapng, also packed by gzip, and calls no other program. '-' is the standard input. Times are in the machine's time zone.
--json prints an object a line, with Wireshark's names: numbers as numbers, addresses as text, and a list where a field occurs
more than once, outermost first. Of a link type other than Ethernet it prints frame.number and frame.encap_type.
A file that is cut or damaged is printed as far as it goes; then the exit code is 1.

Examples:
  $ npx rxburst dissect capture.pcap
  $ npx rxburst dissect capture.pcapng -e -v -tttt
  $ npx rxburst dissect capture.pcap --json | head -1
  $ tcpdump -i eth0 -w - -c 10 | npx rxburst dissect - -X`

interface Flags {
  json?: boolean
  n?: boolean
  e?: boolean
  v?: boolean
  x?: boolean
  X?: boolean
  t: number
}

const LINK_HEADER = 14

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

async function run(file: string, flags: Flags): Promise<void> {
  const conversations = flags.json ? new Conversations() : undefined
  let packets = 0
  let bytes = 0
  let before: bigint | undefined
  let lines: string[] = []
  const flush = async () => {
    if (lines.length > 0) await print(`${lines.join('\n')}\n`)
    lines = []
  }
  try {
    for await (const packet of openCapture(file)) {
      const found = dissect(packet, conversations)
      packets++
      bytes += packet.length
      if (flags.json) lines.push(JSON.stringify(Object.fromEntries(found.fields)))
      else {
        const line = lineOf(packet, found, { link: flags.e, verbose: flags.v })
        lines.push(stamp(packet.time, before, flags.t) + line)
        if (flags.x || flags.X)
          lines.push(
            hexDump(
              packet.bytes.subarray(flags.e || found.layers.length === 0 ? 0 : LINK_HEADER),
              flags.X ?? false,
            ),
          )
      }
      before = packet.time
      if (lines.length >= 256) await flush()
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code?.startsWith('ERR_')) throw error
    throw new RxburstError('ERR_BAD_ARGUMENT', `dissect wants a capture file: ${message}`)
  } finally {
    if (!flags.json) lines.push(`${packets} packets, ${bytes} bytes`)
    await flush()
  }
}

export function dissectCommand(): Command {
  return new Command('dissect')
    .description('print the packets of a capture file, by header and field')
    .argument('<file>', "a pcap or pcapng file; '-': the standard input")
    .option('--json', "an object a line, with Wireshark's names of fields")
    .option('-n', 'as in tcpdump: no names for addresses and ports, which is so always')
    .option('-e', 'the Ethernet header too')
    .option('-v', 'the fields of the IP header too')
    .option('-x', 'the bytes too, without the Ethernet header unless -e is given')
    .option('-X', 'the bytes too, with their characters')
    .option(
      '-t',
      'no time; -tt: seconds since 1970; -ttt: since the packet before; -tttt: date and time',
      (_, n: number) => n + 1,
      0,
    )
    .addHelpText('after', HELP)
    .action((file: string, flags: Flags) => {
      process.stdout.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') process.exit(0) // the reader has seen enough
        throw error
      })
      return run(file, flags)
    })
}
