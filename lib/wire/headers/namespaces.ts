// Every header as an object of functions: `udp.destinationPort`. The functions stand on the object's prototype, where
// V8 takes them for constants; those of a module's namespace, or of the object itself, it loads and compares at each
// call, which costs a fifth of a read.
import * as arpFields from '../fields/arp.gen.js'
import * as authenticationFields from '../fields/authentication.gen.js'
import * as destinationOptionsFields from '../fields/destinationOptions.gen.js'
import * as dhcpOptionFields from '../fields/dhcpOption.gen.js'
import * as dnsQuestionFields from '../fields/dnsQuestion.gen.js'
import * as dnsRecordFields from '../fields/dnsRecord.gen.js'
import * as ethernetFields from '../fields/ethernet.gen.js'
import * as fragmentFields from '../fields/fragment.gen.js'
import * as geneveOptionFields from '../fields/geneveOption.gen.js'
import * as greChecksumFields from '../fields/greChecksum.gen.js'
import * as greKeyFields from '../fields/greKey.gen.js'
import * as greSequenceFields from '../fields/greSequence.gen.js'
import * as gtpuFields from '../fields/gtpu.gen.js'
import * as gtpuExtensionFields from '../fields/gtpuExtension.gen.js'
import * as hopByHopFields from '../fields/hopByHop.gen.js'
import * as icmpFields from '../fields/icmp.gen.js'
import * as ipv4OptionFields from '../fields/ipv4Option.gen.js'
import * as ipv6OptionFields from '../fields/ipv6Option.gen.js'
import * as linkLayerAddressFields from '../fields/linkLayerAddress.gen.js'
import * as linkMtuFields from '../fields/linkMtu.gen.js'
import * as maximumSegmentSizeFields from '../fields/maximumSegmentSize.gen.js'
import * as mplsFields from '../fields/mpls.gen.js'
import * as ndOptionFields from '../fields/ndOption.gen.js'
import * as neighborAdvertisementFields from '../fields/neighborAdvertisement.gen.js'
import * as neighborSolicitationFields from '../fields/neighborSolicitation.gen.js'
import * as ntpFields from '../fields/ntp.gen.js'
import * as prefixInformationFields from '../fields/prefixInformation.gen.js'
import * as redirectFields from '../fields/redirect.gen.js'
import * as routerAdvertisementFields from '../fields/routerAdvertisement.gen.js'
import * as routingFields from '../fields/routing.gen.js'
import * as sctpFields from '../fields/sctp.gen.js'
import * as selectiveAcknowledgmentFields from '../fields/selectiveAcknowledgment.gen.js'
import * as tcpOptionFields from '../fields/tcpOption.gen.js'
import * as timestampsFields from '../fields/timestamps.gen.js'
import * as udpFields from '../fields/udp.gen.js'
import * as vlanFields from '../fields/vlan.gen.js'
import * as vxlanFields from '../fields/vxlan.gen.js'
import * as windowScaleFields from '../fields/windowScale.gen.js'
import * as isQuestions from '../is.js'
import * as dhcpFields from './dhcp.js'
import * as dnsFields from './dns.js'
import * as geneveFields from './geneve.js'
import * as greFields from './gre.js'
import * as icmpv6Fields from './icmpv6.js'
import * as ipv4Fields from './ipv4.js'
import * as ipv6Fields from './ipv6.js'
import * as tcpFields from './tcp.js'

const named = <Functions extends object>(functions: Functions): Functions => Object.create({ ...functions })

/** ARP for IPv4 over Ethernet: RFC 826, packet format. */
export const arp = named(arpFields)
/** Authentication header: RFC 4302 section 2. */
export const authentication = named(authenticationFields)
/** IPv6 destination options: RFC 8200 section 4.6. */
export const destinationOptions = named(destinationOptionsFields)
/** DHCP option: RFC 2132 section 2. */
export const dhcpOption = named(dhcpOptionFields)
/** DNS question, behind its name: RFC 1035 section 4.1.2. */
export const dnsQuestion = named(dnsQuestionFields)
/** DNS resource record, behind its name: RFC 1035 section 4.1.3. */
export const dnsRecord = named(dnsRecordFields)
/** Ethernet: IEEE 802.3 section 3.1.1. */
export const ethernet = named(ethernetFields)
/** IPv6 fragment header: RFC 8200 section 4.5. */
export const fragment = named(fragmentFields)
/** Geneve option: RFC 8926 section 3.5. */
export const geneveOption = named(geneveOptionFields)
/** GRE checksum: RFC 2784 section 2.5. */
export const greChecksum = named(greChecksumFields)
/** GRE key: RFC 2890 section 2. */
export const greKey = named(greKeyFields)
/** GRE sequence number: RFC 2890 section 2. */
export const greSequence = named(greSequenceFields)
/** GTP-U: 3GPP TS 29.281 section 5.1. */
export const gtpu = named(gtpuFields)
/** GTP-U extension header: 3GPP TS 29.281 section 5.2. */
export const gtpuExtension = named(gtpuExtensionFields)
/** IPv6 hop-by-hop options: RFC 8200 section 4.3. */
export const hopByHop = named(hopByHopFields)
/** ICMP: RFC 792, message formats. */
export const icmp = named(icmpFields)
/** IPv4 option: RFC 791 section 3.1, options. */
export const ipv4Option = named(ipv4OptionFields)
/** IPv6 option: RFC 8200 section 4.2. */
export const ipv6Option = named(ipv6OptionFields)
/** Source or target link-layer address: RFC 4861 section 4.6.1. */
export const linkLayerAddress = named(linkLayerAddressFields)
/** MTU option: RFC 4861 section 4.6.4. */
export const linkMtu = named(linkMtuFields)
/** TCP maximum segment size: RFC 9293 section 3.7.1. */
export const maximumSegmentSize = named(maximumSegmentSizeFields)
/** MPLS label: RFC 3032 section 2.1. */
export const mpls = named(mplsFields)
/** Neighbour discovery option: RFC 4861 section 4.6. */
export const ndOption = named(ndOptionFields)
/** Neighbour advertisement: RFC 4861 section 4.4. */
export const neighborAdvertisement = named(neighborAdvertisementFields)
/** Neighbour solicitation: RFC 4861 section 4.3. */
export const neighborSolicitation = named(neighborSolicitationFields)
/** NTP: RFC 5905 section 7.3. */
export const ntp = named(ntpFields)
/** Prefix information: RFC 4861 section 4.6.2. */
export const prefixInformation = named(prefixInformationFields)
/** Redirect: RFC 4861 section 4.5. */
export const redirect = named(redirectFields)
/** Router advertisement: RFC 4861 section 4.2. */
export const routerAdvertisement = named(routerAdvertisementFields)
/** IPv6 routing header: RFC 8200 section 4.4. */
export const routing = named(routingFields)
/** SCTP common header: RFC 9260 section 3.1. */
export const sctp = named(sctpFields)
/** TCP SACK, first block: RFC 2018 section 3. */
export const selectiveAcknowledgment = named(selectiveAcknowledgmentFields)
/** TCP option: RFC 9293 section 3.2. */
export const tcpOption = named(tcpOptionFields)
/** TCP timestamps: RFC 7323 section 3.2. */
export const timestamps = named(timestampsFields)
/** UDP: RFC 768, format. */
export const udp = named(udpFields)
/** VLAN tag, 802.1Q and QinQ: IEEE 802.1Q section 9.6. */
export const vlan = named(vlanFields)
/** VXLAN: RFC 7348 section 5. */
export const vxlan = named(vxlanFields)
/** TCP window scale: RFC 7323 section 2.2. */
export const windowScale = named(windowScaleFields)
/** DHCP: RFC 2131 section 2. */
export const dhcp = named(dhcpFields)
/** DNS header: RFC 1035 section 4.1.1. */
export const dns = named(dnsFields)
/** Geneve: RFC 8926 section 3.4. */
export const geneve = named(geneveFields)
/** GRE: RFC 2784 section 2.1. */
export const gre = named(greFields)
/** ICMPv6: RFC 4443 section 2.1. */
export const icmpv6 = named(icmpv6Fields)
/** IPv4: RFC 791 section 3.1. */
export const ipv4 = named(ipv4Fields)
/** IPv6: RFC 8200 section 3. */
export const ipv6 = named(ipv6Fields)
/** TCP: RFC 9293 section 3.1. */
export const tcp = named(tcpFields)

/** Questions to the number that locate() returned. None of them looks at the packet. */
export const is = named(isQuestions)
