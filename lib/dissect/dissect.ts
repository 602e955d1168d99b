// One packet of a capture file, field by field.
import { ETHERNET, encapsulationOf } from '../pcap/link-types.js'
import type { CapturedPacket } from '../pcap/packet.js'
import type { Conversations } from './conversations.js'
import { END, Found } from './found.js'
import { next } from './next.js'
import { Range } from './range.js'
import './protocols/link.js'
import './protocols/internet.js'
import './protocols/icmp.js'
import './protocols/icmpv6.js'
import './protocols/transport.js'
import './protocols/tunnel.js'
import './protocols/dns.js'
import './protocols/dhcp.js'
import './protocols/ntp.js'

/**
 * Everything that is known of a packet. Bytes that are not there end the search, never the program.
 * @param conversations of the packets before; edges of SACK count from the connection's first number then, as in
 *   Wireshark. Default: they are those of the packet.
 */
export function dissect(packet: CapturedPacket, conversations?: Conversations): Found {
  const found = new Found(conversations)
  found.put('frame.number', packet.number)
  found.put('frame.encap_type', encapsulationOf(packet.interface.linkType))
  if (packet.interface.linkType !== ETHERNET) return found
  found.put('frame.len', packet.length)
  found.put('frame.cap_len', packet.bytes.length)
  const { bytes, length } = packet
  try {
    next('eth', found, new Range(bytes, 0, bytes.length, Math.max(bytes.length, length)))
  } catch (thrown) {
    if (thrown !== END) throw thrown
  }
  return found
}
