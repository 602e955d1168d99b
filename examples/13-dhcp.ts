// A DHCP server: lends each MAC an address of a range for some time (RFC 2131). You will see the client get the range's
// first.
//   npx rxburst run examples/13-dhcp.ts afxdp:rxb-left --take-all --data '{"server": "10.77.0.9", "first":
// "10.77.0.100", "count": 50}'
//   ip netns exec rxburst-left udhcpc -i eth0 -f -n -q -s /bin/true
import { type BurstHandler, type Context, DROP, type Packet, perPacket, tx } from 'rxburst'
import {
  arp,
  dhcp,
  dhcpOption,
  fill,
  headerBytes,
  is,
  locate,
  monotonicMs,
  parseIpv4,
  parseMac,
  reply,
  udp,
} from 'rxburst/wire'

/** Lends `count` addresses from `first` on, each for `seconds`; 3600 unless said otherwise. */
type Config = { server: string; first: string; count: number; seconds?: number }
type Lease = { client: number; address: number; until: number }

const MAC = parseMac('02:00:00:00:00:09')
const EVERYBODY = parseMac('ff:ff:ff:ff:ff:ff')
const PATH = 'ethernet/ipv4/udp/dhcp'
const OPTION_BYTES = 60 // with them a message has the 300 bytes that BOOTP asks for
const COOKIE = 0x63825363
const OFFERED_SECONDS = 60 // so long an address is held for a client that was offered it
const ASKED = 1 // of ARP

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
const RELEASE = 7

const bytesOf = (number: number) => [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255]

/** Who has which address, and until when. The one whose time ended first is given to somebody else. */
class Leases {
  private readonly byClient = new Map<number, Lease>()
  private readonly all: Lease[]

  constructor(first: number, count: number) {
    this.all = Array.from({ length: count }, (_, n) => ({ client: -1, address: first + n, until: 0 }))
  }

  /** The client's own, or one that nobody has now; undefined when all are lent. */
  of(client: number, now: number): Lease | undefined {
    const own = this.byClient.get(client)
    if (own) return own
    const free = this.all.reduce((a, b) => (b.until < a.until ? b : a))
    if (free.until > now) return undefined
    this.byClient.delete(free.client)
    this.byClient.set(client, free)
    free.client = client
    return free
  }

  release(client: number, address: number): void {
    const own = this.byClient.get(client)
    if (own?.address === address) own.until = 0
  }
}

export default ({ data }: Context<Config>): BurstHandler => {
  const server = parseIpv4(data.server)
  const seconds = data.seconds ?? 3600
  const leases = new Leases(parseIpv4(data.first), data.count)
  const terms = [
    [LEASE_TIME, 4, ...bytesOf(seconds)],
    [MASK, 4, 255, 255, 255, 0],
  ].flat()

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
    if (is.arp(at)) {
      // A client that renews its lease asks for the server's MAC.
      if (arp.operation(packet, at) !== ASKED || arp.targetProtocol(packet, at) !== server) return DROP
      reply(packet, at, MAC)
      return tx(0)
    }
    if (!is.udp(at) || !is.ipv4(at) || !is.whole(at) || udp.destinationPort(packet, at) !== 67) return DROP
    if (dhcp.op(packet, at) !== 1 || dhcp.cookie(packet, at) !== COOKIE) return DROP
    const [type, client, now] = [message(packet, at), dhcp.chaddr(packet, at), monotonicMs() / 1e3]
    const chosen = address(packet, at, SERVER)
    if (chosen !== 0 && chosen !== server) return DROP // the client took another server's offer
    if (type === RELEASE) leases.release(client, dhcp.ciaddr(packet, at))
    if (type !== DISCOVER && type !== REQUEST) return DROP
    const lease = leases.of(client, now)
    if (lease === undefined) return DROP // all are lent
    if (type === DISCOVER) {
      lease.until = Math.max(lease.until, now + OFFERED_SECONDS)
      return answer(packet, at, OFFER, lease.address)
    }
    const wanted = dhcp.ciaddr(packet, at) || address(packet, at, WANTED_ADDRESS)
    if (wanted !== lease.address) return answer(packet, at, NAK, lease.address)
    lease.until = now + seconds
    return answer(packet, at, ACK, lease.address)
  })
}
