// rxburst dissect FILE: the packets of a capture file, a line each or an object each.
import { once } from 'node:events'
import { Command } from 'commander'
import { Conversations } from '../../dissect/conversations.js'
import { dissect } from '../../dissect/dissect.js'
import { RxburstError } from '../../errors.js'
import { openCapture } from '../../pcap/reader.js'
import { addPrintOptions, PacketLines, type PrintFlags } from '../packet-lines.js'

const HELP = `
Reads pcap and pcapng, also packed by gzip, or by zstd on Node 22.15 and later. It calls no other program.
'-' is the standard input. Times are in the machine's time zone.
--json prints an object a line, with Wireshark's names: numbers as numbers, addresses as text, and a list where a field occurs
more than once, outermost first. Of a link type other than Ethernet it prints frame.number and frame.encap_type.
A file that is cut or damaged is printed as far as it goes; then the exit code is 1.

Examples:
  $ npx rxburst dissect capture.pcap
  $ npx rxburst dissect capture.pcapng -e -v -tttt
  $ npx rxburst dissect capture.pcap --json | head -1
  $ tcpdump -i eth0 -w - -c 10 | npx rxburst dissect - -X`

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

async function run(file: string, flags: PrintFlags): Promise<void> {
  const conversations = flags.json ? new Conversations() : undefined
  let packets = 0
  let bytes = 0
  const printed = new PacketLines(flags)
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
      lines.push(flags.json ? JSON.stringify(Object.fromEntries(found.fields)) : printed.of(packet, found))
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
  const command = new Command('dissect')
    .description('print the packets of a capture file, by header and field')
    .argument('<file>', "a pcap or pcapng file; '-': the standard input")
    .option('--json', "an object a line, with Wireshark's names of fields")
  return addPrintOptions(command)
    .addHelpText('after', HELP)
    .action((file: string, flags: PrintFlags) => {
      process.stdout.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') process.exit(0) // the reader has seen enough
        throw error
      })
      return run(file, flags)
    })
}
