// A packet as lines of text, with tcpdump's options: for the commands that print packets.
import type { Command } from 'commander'
import type { Found } from '../dissect/found.js'
import { characters, hexDump, lineOf, stamp } from '../dissect/line.js'
import type { CapturedPacket } from '../pcap/packet.js'

export interface PrintFlags {
  json?: boolean
  n?: boolean
  e?: boolean
  v?: boolean
  x?: boolean
  X?: boolean
  A?: boolean
  t: number
}

const LINK_HEADER = 14

/** Adds tcpdump's options to a command. */
export function addPrintOptions(command: Command): Command {
  return command
    .option('-n', 'as in tcpdump: no names for addresses and ports, which is so always')
    .option('-e', 'the Ethernet header too')
    .option('-v', 'the fields of the IP header too')
    .option('-x', 'the bytes too, without the Ethernet header unless -e is given')
    .option('-X', 'the bytes too, with their characters')
    .option('-A', 'the bytes as characters')
    .option(
      '-t',
      'no time; -tt: seconds since 1970; -ttt: since the packet before; -tttt: date and time',
      (_, n: number) => n + 1,
      0,
    )
}

/** Prints packets one behind the other: what -ttt shows is the time since the one before. */
export class PacketLines {
  readonly #flags: PrintFlags
  #before: bigint | undefined

  constructor(flags: PrintFlags) {
    this.#flags = flags
  }

  /** The lines of the next packet; `remark` stands at the end of the first. */
  of(packet: CapturedPacket, found: Found, remark = ''): string {
    const { e, v, x, X, A, t } = this.#flags
    const lines = [
      stamp(packet.time, this.#before, t) + lineOf(packet, found, { link: e, verbose: v }) + remark,
    ]
    this.#before = packet.time
    const shown = packet.bytes.subarray(e || found.layers.length === 0 ? 0 : LINK_HEADER)
    if (x || X) lines.push(hexDump(shown, X ?? false))
    if (A) lines.push(characters(shown))
    return lines.join('\n')
  }
}
