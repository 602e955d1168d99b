// Headers of tunnels in the table of fields: GRE, VXLAN, GTP-U, Geneve.
import { field, header } from './shape.js'

const RFC2890 = 'RFC 2890 section 2'
const RFC1701 = 'RFC 1701, packet header'

export const tunnel = [
  header(
    'gre',
    'GRE',
    'RFC 2784 section 2.1',
    ['transport', 'none', 4],
    [
      field('flagsAndVersion', 0, 16, 'gre.flags_and_version'),
      field('checksumPresent', 0, 1, 'gre.flags.checksum'),
      field('routingPresent', 1, 1, 'gre.flags.routing', { source: RFC1701 }),
      field('keyPresent', 2, 1, 'gre.flags.key', { source: RFC2890 }),
      field('sequenceNumberPresent', 3, 1, 'gre.flags.sequence_number', { source: RFC2890 }),
      field('version', 13, 3, 'gre.flags.version'),
      field('protocolType', 16, 16, 'gre.proto', { note: 'EtherType of what follows.' }),
    ],
  ),
  header(
    'greChecksum',
    'GRE checksum',
    'RFC 2784 section 2.5',
    ['place', 'none', 4],
    [field('checksum', 0, 16, 'gre.checksum'), field('reserved', 16, 16, 'gre.offset')],
  ),
  header('greKey', 'GRE key', RFC2890, ['place', 'none', 4], [field('key', 0, 32, 'gre.key')]),
  header(
    'greSequence',
    'GRE sequence number',
    RFC2890,
    ['place', 'none', 4],
    [field('sequenceNumber', 0, 32, 'gre.sequence_number')],
  ),
  header(
    'vxlan',
    'VXLAN',
    'RFC 7348 section 5',
    ['payload', 'transport', 8],
    [
      field('flags', 0, 16, 'vxlan.flags'),
      field('vniPresent', 4, 1, 'vxlan.flag_i'),
      field('groupPolicyIdentifier', 16, 16, 'vxlan.gbp', { source: 'draft-smith-vxlan-group-policy-05' }),
      field('networkIdentifier', 32, 24, 'vxlan.vni'),
      field('lastReserved', 56, 8, 'vxlan.reserved8'),
    ],
  ),
  header(
    'gtpu',
    'GTP-U',
    '3GPP TS 29.281 section 5.1',
    ['payload', 'transport', 8],
    [
      field('flags', 0, 8, 'gtp.flags'),
      field('version', 0, 3, 'gtp.flags.version'),
      field('protocolType', 3, 1, 'gtp.flags.payload'),
      field('extensionPresent', 5, 1, 'gtp.flags.e'),
      field('sequenceNumberPresent', 6, 1, 'gtp.flags.s'),
      field('npduNumberPresent', 7, 1, 'gtp.flags.pn'),
      field('messageType', 8, 8, 'gtp.message', { note: '255: a packet of a user.' }),
      field('length', 16, 16, 'gtp.length', { note: 'Bytes behind these 8.' }),
      field('tunnelEndpointIdentifier', 32, 32, 'gtp.teid'),
      field('sequenceNumber', 64, 16, 'gtp.seq_number', {
        note: 'There where any of the three flags is set.',
      }),
      field('npduNumber', 80, 8, 'gtp.npdu_number', { note: 'There where any of the three flags is set.' }),
      field('nextExtensionHeaderType', 88, 8, 'gtp.ext_hdr.next', {
        note: 'There where any of the three flags is set.',
      }),
    ],
  ),
  header(
    'gtpuExtension',
    'GTP-U extension header',
    '3GPP TS 29.281 section 5.2',
    ['place', 'transport', 4],
    [
      field('length', 0, 8, 'gtp.ext_hdr.length', {
        note: 'In units of 4 bytes. The last byte is the next type.',
      }),
    ],
  ),
  header(
    'geneve',
    'Geneve',
    'RFC 8926 section 3.4',
    ['payload', 'transport', 8],
    [
      field('version', 0, 2, 'geneve.version'),
      field('optionLength', 2, 6, '', { note: 'In words of 32 bits.' }),
      field('flags', 8, 8, 'geneve.flags'),
      field('control', 8, 1, 'geneve.flags.oam'),
      field('critical', 9, 1, 'geneve.flags.critical'),
      field('protocolType', 16, 16, 'geneve.proto_type', { note: 'EtherType of what follows.' }),
      field('networkIdentifier', 32, 24, 'geneve.vni'),
      field('reserved', 56, 8, 'geneve.reserved'),
    ],
  ),
  header(
    'geneveOption',
    'Geneve option',
    'RFC 8926 section 3.5',
    ['place', 'transport', 4],
    [
      field('optionClass', 0, 16, 'geneve.option.class'),
      field('type', 16, 8, 'geneve.option.type'),
      field('critical', 16, 1, 'geneve.option.type.critical'),
      field('length', 27, 5, 'geneve.option.length', { times: 4, note: 'Of the data, in words of 32 bits.' }),
    ],
  ),
]
