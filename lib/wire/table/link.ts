// Layer 2 in the table of fields: Ethernet, VLAN tags, MPLS labels, ARP.
import { field, header } from './shape.js'

export const link = [
  header(
    'ethernet',
    'Ethernet',
    'IEEE 802.3 section 3.1.1',
    ['ethernet', 'none', 14],
    [
      field('destination', 0, 48, 'eth.dst', { kind: 'mac' }),
      field('source', 48, 48, 'eth.src', { kind: 'mac' }),
      field('type', 96, 16, 'eth.type', {
        note: 'EtherType: 0x0800 IPv4, 0x86dd IPv6, 0x0806 ARP, 0x8100 a VLAN tag.',
      }),
    ],
  ),
  header(
    'vlan',
    'VLAN tag, 802.1Q and QinQ',
    'IEEE 802.1Q section 9.6',
    ['vlan', 'none', 4],
    [
      field('tagControlInformation', 0, 16, ''),
      field('priority', 0, 3, 'vlan.priority'),
      field('dropEligible', 3, 1, 'vlan.dei'),
      field('identifier', 4, 12, 'vlan.id'),
      field('type', 16, 16, 'vlan.etype', { note: 'EtherType of what follows the tag.' }),
    ],
  ),
  header(
    'mpls',
    'MPLS label',
    'RFC 3032 section 2.1',
    ['mpls', 'none', 4],
    [
      field('label', 0, 20, 'mpls.label'),
      field('trafficClass', 20, 3, 'mpls.exp', { source: 'RFC 5462 section 2' }),
      field('bottomOfStack', 23, 1, 'mpls.bottom'),
      field('timeToLive', 24, 8, 'mpls.ttl'),
    ],
  ),
  header(
    'arp',
    'ARP for IPv4 over Ethernet',
    'RFC 826, packet format',
    ['network', 'none', 28],
    [
      field('hardwareType', 0, 16, 'arp.hw.type'),
      field('protocolType', 16, 16, 'arp.proto.type'),
      field('hardwareLength', 32, 8, 'arp.hw.size'),
      field('protocolLength', 40, 8, 'arp.proto.size'),
      field('operation', 48, 16, 'arp.opcode', { note: '1 request, 2 reply.' }),
      field('senderHardware', 64, 48, 'arp.src.hw_mac', { kind: 'mac' }),
      field('senderProtocol', 112, 32, 'arp.src.proto_ipv4', { kind: 'ipv4' }),
      field('targetHardware', 144, 48, 'arp.dst.hw_mac', { kind: 'mac' }),
      field('targetProtocol', 192, 32, 'arp.dst.proto_ipv4', { kind: 'ipv4' }),
    ],
  ),
]
