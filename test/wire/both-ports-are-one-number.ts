// ports() gives both ports of UDP, TCP and SCTP as one number, and 0 where layer 4 has none or is not there.
import { inner, locate, ports } from 'rxburst/wire'
import t from 'tap'
import { bytes, ipv4, ipv6, udp } from '../fixtures/wire.js'

const TCP = 'fffe0002 00000001 00000002 5010 1000 0000 0000'
const SCTP = '00070008 00000000 00000000'
const of = (packet: Uint8Array) => ports(packet, locate(packet))

t.equal(of(ipv4(17, udp(53, '61'))), 1 * 65536 + 53, 'UDP')
t.equal(of(ipv6(17, udp(53, '61'))), 1 * 65536 + 53, 'UDP over IPv6')
t.equal(of(ipv4(6, TCP)), 0xfffe * 65536 + 2, 'TCP, never negative')
t.equal(of(ipv4(6, TCP, '01010101')), 0xfffe * 65536 + 2, 'behind options')
t.equal(of(ipv4(132, SCTP)), 7 * 65536 + 8, 'SCTP')
const tunnel = ipv4(47, `0000 0800 ${Buffer.from(ipv4(6, TCP).subarray(14)).toString('hex')}`)
t.equal(of(tunnel), 0, 'GRE has none')
t.equal(ports(tunnel, inner(tunnel, locate(tunnel))), 0xfffe * 65536 + 2, 'TCP inside GRE')
t.equal(of(ipv4(1, '0800 0000 00010002')), 0, 'ICMP')
t.equal(of(ipv6(58, '8000 0000 00010002')), 0, 'ICMPv6')
t.equal(of(ipv4(4, '4500')), 0, 'IP in IP')
const later = ipv4(17, udp(53, '61'))
later.set([0x00, 0x10], 20)
t.equal(of(later), 0, 'a later fragment')
t.equal(of(ipv4(17, udp(53, '61')).subarray(0, 36)), 0, 'a packet that is cut in its ports')
t.equal(of(bytes('020000000002 020000000001 0806 0001 0800 0604 0001')), 0, 'ARP')
