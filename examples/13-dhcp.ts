// A DHCP server: lends each MAC an address of a range, for as long as it runs (RFC 2131). You will see the client get the range's first.
//   npx rxburst run examples/13-dhcp.ts afxdp:rxb-left --take-all --data '{"server": "10.77.0.9", "first": "10.77.0.100", "count": 50}'
//   ip netns exec rxburst-left udhcpc -i eth0 -f -n -q -s /bin/true
import { type BurstHandler, type Context, DROP, type Packet, perPacket, tx } from 'rxburst'
import { dhcp, dhcpOption, fill, headerBytes, is, locate, parseIpv4, parseMac, udp } from 'rxburst/wire'

const MAC = parseMac('02:00:00:00:00:09')
const EVERYBODY = parseMac('ff:ff:ff:ff:ff:ff')
const PATH = 'ethernet/ipv4/udp/dhcp'
const OPTION_BYTES = 60 // with them a message has the 300 bytes that BOOTP asks for
const COOKIE = 0x63825363

// Options and messages: RFC 2132, sections 3 and 9.
const MASK = 1
const WANTED_ADDRESS = 50
const LEASE_TIME = 51
const MESSAGE = 53
const SERVER = 54
const END = 255
const DISCOVER = 1
const OFFER = 2
const REQUEST = 3
const ACK = 5
const NAK = 6

const bytesOf = (number: number) => [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255]

export default ({ data }: Context<{ server: string; first: string; count: number }>): BurstHandler => {
  const server = parseIpv4(data.server)
  const first = parseIpv4(data.first)
  const leases = new Map<number, number>()
  const terms = [
    [LEASE_TIME, 4, ...bytesOf(3600)],
    [MASK, 4, 255, 255, 255, 0],
  ].flat()

  const leaseOf = (client: number) => {
    const known = leases.get(client)
    if (known !== undefined || leases.size >= data.count) return known
    leases.set(client, first + leases.size)
    return leases.get(client)
  }

  const message = (packet: Packet, at: number) => {
    const place = dhcp.option(packet, at, MESSAGE)
    return place < 0 ? 0 : packet.u8(place + dhcpOption.BYTES)
  }
  const address = (packet: Packet, at: number, code: number) => {
    const place = dhcp.option(packet, at, code)
    return place < 0 ? 0 : packet.u32(place + dhcpOption.BYTES)
  }

  // The answer takes the place of the message. A client that has no address yet hears what goes to everybody.
  const answer = (packet: Packet, at: number, type: number, lease: number) => {
    const [xid, flags, chaddr] = [dhcp.xid(packet, at), dhcp.flags(packet, at), dhcp.chaddr(packet, at)]
    const isBound = type === ACK && dhcp.ciaddr(packet, at) === lease
    const options = new Uint8Array(OPTION_BYTES)
    options.set([MESSAGE, 1, type, SERVER, 4, ...bytesOf(server), ...(type === NAK ? [] : terms), END])
    packet.resize(headerBytes(PATH) + OPTION_BYTES)
    fill(packet, PATH, {
      ethernet: { destination: isBound ? chaddr : EVERYBODY, source: MAC },
      ipv4: { source: server, destination: isBound ? lease : '255.255.255.255' },
      udp: { sourcePort: 67, destinationPort: 68 },
      dhcp: { op: 2, xid, flags, chaddr, ciaddr: isBound ? lease : 0, yiaddr: type === NAK ? 0 : lease },
      payload: options,
    })
    return tx(0)
  }

  return perPacket((packet) => {
    const at = locate(packet)
    if (!is.udp(at) || !is.ipv4(at) || !is.whole(at) || udp.destinationPort(packet, at) !== 67) return DROP
    if (dhcp.op(packet, at) !== 1 || dhcp.cookie(packet, at) !== COOKIE) return DROP
    const lease = leaseOf(dhcp.chaddr(packet, at))
    if (lease === undefined) return DROP // all are lent
    const type = message(packet, at)
    if (type === DISCOVER) return answer(packet, at, OFFER, lease)
    const chosen = address(packet, at, SERVER)
    if (type !== REQUEST || (chosen !== 0 && chosen !== server)) return DROP // the client took another server's offer
    const wanted = dhcp.ciaddr(packet, at) || address(packet, at, WANTED_ADDRESS)
    return answer(packet, at, wanted === lease ? ACK : NAK, lease)
  })
}
