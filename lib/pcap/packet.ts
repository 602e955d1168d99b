// One packet of a capture file, and the interface that it was captured on.

/** As a file describes it. A pcap file has one, a pcapng file any number. */
export interface CaptureInterface {
  /** LINKTYPE_ value: 1 is Ethernet. */
  readonly linkType: number
  /** Most bytes that were kept of a packet; 0: no limit. */
  readonly snapLength: number
  /** Bytes of frame check sequence at the end of every packet, where the file says. */
  readonly fcsLength?: number
  /** Its name on the machine that captured, where the file says. */
  readonly name?: string
  readonly description?: string
  /** Its hardware address, six bytes. */
  readonly mac?: Uint8Array
  /** Bits per second. */
  readonly speed?: bigint
  /** The filter that the packets have passed, in tcpdump's language. */
  readonly filter?: string
  /** The operating system of the machine that captured. */
  readonly os?: string
  /** Counts that the file told so far; the last ones are those of the end. */
  readonly statistics?: InterfaceStatistics
}

/** What became of an interface's packets, as an Interface Statistics Block says. */
export interface InterfaceStatistics {
  /** When the capture began and ended, ns since 1970. */
  readonly start?: bigint
  readonly end?: bigint
  /** Packets that came. */
  readonly received?: bigint
  /** Packets that the capture lost for want of room. */
  readonly dropped?: bigint
  /** Packets that passed the filter. */
  readonly accepted?: bigint
  /** Packets that were handed to the program that captures. */
  readonly delivered?: bigint
}

/** What a file may say of a packet beside its bytes. */
export interface PacketNotes {
  /** Whether it came in or went out. */
  readonly direction?: 'in' | 'out'
  /** The hash by which its queue was chosen (Toeplitz, 32 bits). */
  readonly hash?: number
  /** Packets that the capture lost in front of this one, since the last one of the interface. */
  readonly drops?: bigint
  /** A number that the packet has wherever it was captured. */
  readonly id?: bigint
  /** The device's number of the queue. */
  readonly queue?: number
  /** What became of it, as an action of Linux' XDP: 1 drop, 2 pass, 3 out of its own port, 4 out of another. */
  readonly xdpAction?: number
  readonly comments?: readonly string[]
}

export interface CapturedPacket {
  /** Its place in the file, from 1. */
  readonly number: number
  /** Byte of the file at which its record begins. */
  readonly position: number
  readonly interface: CaptureInterface
  /** When it was captured, ns since 1970, UTC; undefined where the file does not say (Simple Packet Blocks). */
  readonly time: bigint | undefined
  /** Bytes that the packet had; of those the file may hold fewer. */
  readonly length: number
  /** Bytes that the file holds. A view of what was read, and yours to keep. */
  readonly bytes: Uint8Array
  /** What else the file says of it; undefined where that is nothing. */
  readonly notes?: PacketNotes
}

/** Most bytes of one packet, as libpcap has it (MAXIMUM_SNAPLEN): a file that claims more is damaged. */
export const PACKET_MAX = 262144
/** The same for D-Bus and USBPcap, whose messages are longer. */
export const PACKET_MAX_LONG = 128 << 20

const LONG = [231, 249, 279] // D-Bus, USBPcap, Elektrobit

/** Most bytes that a packet of that link type may have. */
export const packetMax = (linkType: number): number =>
  LONG.includes(linkType) ? PACKET_MAX_LONG : PACKET_MAX
