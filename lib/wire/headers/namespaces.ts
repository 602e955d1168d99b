// Every header as an object of functions: `udp.destinationPort`. The functions stand on the object's prototype, where V8 takes them for
// constants; those of a module's namespace, or of the object itself, it loads and compares at each call, which costs a fifth of a read.
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

export const arp = named(arpFields)
export const authentication = named(authenticationFields)
export const destinationOptions = named(destinationOptionsFields)
export const dhcpOption = named(dhcpOptionFields)
export const dnsQuestion = named(dnsQuestionFields)
export const dnsRecord = named(dnsRecordFields)
export const ethernet = named(ethernetFields)
export const fragment = named(fragmentFields)
export const geneveOption = named(geneveOptionFields)
export const greChecksum = named(greChecksumFields)
export const greKey = named(greKeyFields)
export const greSequence = named(greSequenceFields)
export const gtpu = named(gtpuFields)
export const gtpuExtension = named(gtpuExtensionFields)
export const hopByHop = named(hopByHopFields)
export const icmp = named(icmpFields)
export const ipv4Option = named(ipv4OptionFields)
export const ipv6Option = named(ipv6OptionFields)
export const linkLayerAddress = named(linkLayerAddressFields)
export const linkMtu = named(linkMtuFields)
export const maximumSegmentSize = named(maximumSegmentSizeFields)
export const mpls = named(mplsFields)
export const ndOption = named(ndOptionFields)
export const neighborAdvertisement = named(neighborAdvertisementFields)
export const neighborSolicitation = named(neighborSolicitationFields)
export const ntp = named(ntpFields)
export const prefixInformation = named(prefixInformationFields)
export const redirect = named(redirectFields)
export const routerAdvertisement = named(routerAdvertisementFields)
export const routing = named(routingFields)
export const sctp = named(sctpFields)
export const selectiveAcknowledgment = named(selectiveAcknowledgmentFields)
export const tcpOption = named(tcpOptionFields)
export const timestamps = named(timestampsFields)
export const udp = named(udpFields)
export const vlan = named(vlanFields)
export const vxlan = named(vxlanFields)
export const windowScale = named(windowScaleFields)
export const dhcp = named(dhcpFields)
export const dns = named(dnsFields)
export const geneve = named(geneveFields)
export const gre = named(greFields)
export const icmpv6 = named(icmpv6Fields)
export const ipv4 = named(ipv4Fields)
export const ipv6 = named(ipv6Fields)
export const tcp = named(tcpFields)

/** What a packet is, by the number that locate() returned. */
export const is = named(isQuestions)
