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
}

/** Most bytes of one packet, as libpcap has it (MAXIMUM_SNAPLEN): a file that claims more is damaged. */
export const PACKET_MAX = 262144
/** The same for D-Bus and USBPcap, whose messages are longer. */
export const PACKET_MAX_LONG = 128 << 20

const LONG = [231, 249, 279] // D-Bus, USBPcap, Elektrobit

/** Most bytes that a packet of that link type may have. */
export const packetMax = (linkType: number): number =>
  LONG.includes(linkType) ? PACKET_MAX_LONG : PACKET_MAX
