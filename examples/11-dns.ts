// A DNS server: answers questions for the IPv4 addresses of the names that it was given (RFC 1035). The server exists
// only here, so ARP is answered too.
//   npx rxburst run examples/11-dns.ts afxdp:rxb-left --take-all --data '{"address": "10.77.0.9", "names":
// {"www.example": "192.0.2.80"}}'
//   ip netns exec rxburst-left dig @10.77.0.9 www.example
import { type BurstHandler, type Context, DROP, type Packet, perPacket, tx } from 'rxburst'
import {
  arp,
  dns,
  dnsQuestion,
  dnsRecord,
  ipv4,
  is,
  locate,
  networkPlace,
  parseIpv4,
  parseMac,
  payloadLength,
  payloadPlace,
  reply,
  setChecksums,
  transportPlace,
  udp,
} from 'rxburst/wire'

const MAC = parseMac('02:00:00:00:00:09')
const QUERY = 0
const INTERNET = 1
const ADDRESS = 1
const NO_SUCH_NAME = 3
const SECONDS = 300
const NAME_OF_THE_QUESTION = [0xc0, dns.BYTES] // a pointer: the name stands behind the header (section 4.1.4)
const ADDRESS_BYTES = 4

export default ({ data }: Context<{ address: string; names: Record<string, string> }>): BurstHandler => {
  const address = parseIpv4(data.address)
  const zone = new Map(
    Object.entries(data.names).map(([name, text]) => [name.toLowerCase(), parseIpv4(text)]),
  )

  // The answer is the question with a record behind it; what else the question brought, such as EDNS, is cut off.
  const answer = (packet: Packet, at: number) => {
    const place = dns.firstName(packet, at)
    const name = dns.name(packet, at, place)
    const question = dns.nameEnd(packet, at, place)
    const end = question + dnsQuestion.BYTES
    if (name === null || end > payloadPlace(packet, at) + payloadLength(packet, at)) return DROP
    if (dns.response(packet, at) || dns.opcode(packet, at) !== QUERY || dns.questionCount(packet, at) !== 1)
      return DROP

    const found = zone.get(name.toLowerCase())
    const isAsked =
      dnsQuestion.type(packet, at, question) === ADDRESS &&
      dnsQuestion.questionClass(packet, at, question) === INTERNET
    const isAnswered = found !== undefined && isAsked
    dns.setResponse(packet, at, true)
    dns.setAuthoritativeAnswer(packet, at, true)
    dns.setAuthenticData(packet, at, false)
    dns.setResponseCode(packet, at, found === undefined ? NO_SUCH_NAME : 0)
    dns.setAnswerCount(packet, at, isAnswered ? 1 : 0)
    dns.setAuthorityCount(packet, at, 0)
    dns.setAdditionalCount(packet, at, 0)

    const record = end + NAME_OF_THE_QUESTION.length
    packet.resize(isAnswered ? record + dnsRecord.BYTES + ADDRESS_BYTES : end)
    if (isAnswered) {
      packet.set(NAME_OF_THE_QUESTION, end)
      dnsRecord.setType(packet, at, ADDRESS, record)
      dnsRecord.setRecordClass(packet, at, INTERNET, record)
      dnsRecord.setTimeToLive(packet, at, SECONDS, record)
      dnsRecord.setDataLength(packet, at, ADDRESS_BYTES, record)
      packet.u32(record + dnsRecord.BYTES, found)
    }
    ipv4.setTotalLength(packet, at, packet.length - networkPlace(at))
    udp.setLength(packet, at, packet.length - transportPlace(at))
    reply(packet, at, MAC)
    setChecksums(packet, at)
    return tx(0)
  }

  return perPacket((packet) => {
    const at = locate(packet)
    if (is.arp(at) && arp.operation(packet, at) === 1 && arp.targetProtocol(packet, at) === address) {
      reply(packet, at, MAC)
      return tx(0)
    }
    if (!is.ipv4(at) || !is.udp(at) || !is.whole(at) || ipv4.destination(packet, at) !== address) return DROP
    return udp.destinationPort(packet, at) === 53 ? answer(packet, at) : DROP
  })
}
