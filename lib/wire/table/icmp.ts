// ICMP, ICMPv6 and neighbour discovery in the table of fields.
import { field, header } from './shape.js'

const TIMESTAMP = 'RFC 792, timestamp'
const message = ['transport', 'transport', 8] as const

export const icmp = [
  header('icmp', 'ICMP', 'RFC 792, message formats', message, [
    field('type', 0, 8, 'icmp.type'),
    field('code', 8, 8, 'icmp.code'),
    field('checksum', 16, 16, 'icmp.checksum'),
    field('identifier', 32, 16, 'icmp.ident', { note: 'Of echo and timestamp.' }),
    field('sequenceNumber', 48, 16, 'icmp.seq', { note: 'Of echo and timestamp.' }),
    field('pointer', 32, 8, 'icmp.pointer', { note: 'Of parameter problem.' }),
    field('length', 40, 8, 'icmp.length', {
      source: 'RFC 4884 section 4',
      note: 'Of the quoted datagram, in words.',
    }),
    field('nextHopMtu', 48, 16, 'icmp.mtu', { source: 'RFC 1191 section 4', note: 'Of type 3, code 4.' }),
    field('gateway', 32, 32, 'icmp.redir_gw', { kind: 'ipv4', note: 'Of redirect.' }),
    field('originateTimestamp', 64, 32, 'icmp.originate_timestamp', { source: TIMESTAMP }),
    field('receiveTimestamp', 96, 32, 'icmp.receive_timestamp', { source: TIMESTAMP }),
    field('transmitTimestamp', 128, 32, 'icmp.transmit_timestamp', { source: TIMESTAMP }),
  ]),
  header('icmpv6', 'ICMPv6', 'RFC 4443 section 2.1', message, [
    field('type', 0, 8, 'icmpv6.type'),
    field('code', 8, 8, 'icmpv6.code'),
    field('checksum', 16, 16, 'icmpv6.checksum'),
    field('identifier', 32, 16, 'icmpv6.echo.identifier', {
      source: 'RFC 4443 section 4.1',
      note: 'Of echo.',
    }),
    field('sequenceNumber', 48, 16, 'icmpv6.echo.sequence_number', {
      source: 'RFC 4443 section 4.1',
      note: 'Of echo.',
    }),
    field('mtu', 32, 32, 'icmpv6.mtu', { source: 'RFC 4443 section 3.2', note: 'Of packet too big.' }),
    field('pointer', 32, 32, 'icmpv6.pointer', {
      source: 'RFC 4443 section 3.4',
      note: 'Of parameter problem.',
    }),
  ]),
  header(
    'routerAdvertisement',
    'Router advertisement',
    'RFC 4861 section 4.2',
    ['transport', 'transport', 16],
    [
      field('curHopLimit', 32, 8, 'icmpv6.nd.ra.cur_hop_limit'),
      field('managed', 40, 1, 'icmpv6.nd.ra.flag.m'),
      field('other', 41, 1, 'icmpv6.nd.ra.flag.o'),
      field('routerLifetime', 48, 16, 'icmpv6.nd.ra.router_lifetime', { note: 'Seconds.' }),
      field('reachableTime', 64, 32, 'icmpv6.nd.ra.reachable_time', { note: 'Milliseconds.' }),
      field('retransTimer', 96, 32, 'icmpv6.nd.ra.retrans_timer', { note: 'Milliseconds.' }),
    ],
  ),
  header(
    'neighborSolicitation',
    'Neighbour solicitation',
    'RFC 4861 section 4.3',
    ['transport', 'transport', 24],
    [field('target', 64, 128, 'icmpv6.nd.ns.target_address', { kind: 'ipv6' })],
  ),
  header(
    'neighborAdvertisement',
    'Neighbour advertisement',
    'RFC 4861 section 4.4',
    ['transport', 'transport', 24],
    [
      field('router', 32, 1, 'icmpv6.nd.na.flag.r'),
      field('solicited', 33, 1, 'icmpv6.nd.na.flag.s'),
      field('override', 34, 1, 'icmpv6.nd.na.flag.o'),
      field('target', 64, 128, 'icmpv6.nd.na.target_address', { kind: 'ipv6' }),
    ],
  ),
  header(
    'redirect',
    'Redirect',
    'RFC 4861 section 4.5',
    ['transport', 'transport', 40],
    [
      field('target', 64, 128, 'icmpv6.nd.rd.target_address', { kind: 'ipv6' }),
      field('destination', 192, 128, 'icmpv6.rd.na.destination_address', { kind: 'ipv6' }),
    ],
  ),
  header(
    'ndOption',
    'Neighbour discovery option',
    'RFC 4861 section 4.6',
    ['place', 'transport', 2],
    [
      field('type', 0, 8, 'icmpv6.opt.type'),
      field('length', 8, 8, 'icmpv6.opt.length', { note: 'In units of 8 bytes.' }),
    ],
  ),
  header(
    'linkLayerAddress',
    'Source or target link-layer address',
    'RFC 4861 section 4.6.1',
    ['place', 'transport', 8],
    [field('address', 16, 48, 'icmpv6.opt.linkaddr', { kind: 'mac' })],
  ),
  header(
    'prefixInformation',
    'Prefix information',
    'RFC 4861 section 4.6.2',
    ['place', 'transport', 32],
    [
      field('prefixLength', 16, 8, 'icmpv6.opt.prefix.length'),
      field('onLink', 24, 1, 'icmpv6.opt.prefix.flag.l'),
      field('autonomous', 25, 1, 'icmpv6.opt.prefix.flag.a'),
      field('validLifetime', 32, 32, 'icmpv6.opt.prefix.valid_lifetime', { note: 'Seconds.' }),
      field('preferredLifetime', 64, 32, 'icmpv6.opt.prefix.preferred_lifetime', { note: 'Seconds.' }),
      field('prefix', 128, 128, 'icmpv6.opt.prefix', { kind: 'ipv6' }),
    ],
  ),
  header(
    'linkMtu',
    'MTU option',
    'RFC 4861 section 4.6.4',
    ['place', 'transport', 8],
    [field('mtu', 32, 32, 'icmpv6.opt.mtu')],
  ),
]
