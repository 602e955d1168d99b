// Layer 4 in the table of fields: UDP, TCP and its options, SCTP.
import { field, header } from './shape.js'

const RFC7323 = 'RFC 7323 section 3.2'

export const transport = [
  header(
    'udp',
    'UDP',
    'RFC 768, format',
    ['transport', 'transport', 8],
    [
      field('sourcePort', 0, 16, 'udp.srcport'),
      field('destinationPort', 16, 16, 'udp.dstport'),
      field('length', 32, 16, 'udp.length', { note: 'Bytes of header and payload.' }),
      field('checksum', 48, 16, 'udp.checksum', { note: '0: never computed.' }),
    ],
  ),
  header(
    'tcp',
    'TCP',
    'RFC 9293 section 3.1',
    ['transport', 'transport', 20],
    [
      field('sourcePort', 0, 16, 'tcp.srcport'),
      field('destinationPort', 16, 16, 'tcp.dstport'),
      field('sequenceNumber', 32, 32, 'tcp.seq_raw'),
      field('acknowledgmentNumber', 64, 32, 'tcp.ack_raw'),
      field('dataOffset', 96, 4, 'tcp.hdr_len', {
        times: 4,
        note: 'Header length in words of 32 bits: 5 without options.',
      }),
      field('reservedAndFlags', 100, 12, 'tcp.flags', {
        note: 'The reserved bits and the flags in one number.',
      }),
      field('reserved', 100, 3, 'tcp.flags.res'),
      field('ae', 103, 1, 'tcp.flags.ae', { source: 'RFC 9768 section 3' }),
      field('flags', 104, 8, '', { note: 'CWR, ECE, URG, ACK, PSH, RST, SYN, FIN from 0x80 down to 1.' }),
      field('cwr', 104, 1, 'tcp.flags.cwr'),
      field('ece', 105, 1, 'tcp.flags.ece'),
      field('urg', 106, 1, 'tcp.flags.urg'),
      field('ack', 107, 1, 'tcp.flags.ack'),
      field('psh', 108, 1, 'tcp.flags.push'),
      field('rst', 109, 1, 'tcp.flags.reset'),
      field('syn', 110, 1, 'tcp.flags.syn'),
      field('fin', 111, 1, 'tcp.flags.fin'),
      field('window', 112, 16, 'tcp.window_size_value'),
      field('checksum', 128, 16, 'tcp.checksum'),
      field('urgentPointer', 144, 16, 'tcp.urgent_pointer'),
    ],
  ),
  header(
    'tcpOption',
    'TCP option',
    'RFC 9293 section 3.2',
    ['place', 'transport', 2],
    [
      field('kind', 0, 8, 'tcp.option_kind'),
      field('length', 8, 8, 'tcp.option_len', {
        note: 'Bytes of the whole option; kinds 0 and 1 have no length.',
      }),
    ],
  ),
  header(
    'maximumSegmentSize',
    'TCP maximum segment size',
    'RFC 9293 section 3.7.1',
    ['place', 'transport', 4],
    [field('value', 16, 16, 'tcp.options.mss_val')],
  ),
  header(
    'windowScale',
    'TCP window scale',
    'RFC 7323 section 2.2',
    ['place', 'transport', 3],
    [field('shiftCount', 16, 8, 'tcp.options.wscale.shift')],
  ),
  header(
    'selectiveAcknowledgment',
    'TCP SACK, first block',
    'RFC 2018 section 3',
    ['place', 'transport', 10],
    [field('leftEdge', 16, 32, 'tcp.options.sack_le'), field('rightEdge', 48, 32, 'tcp.options.sack_re')],
  ),
  header(
    'timestamps',
    'TCP timestamps',
    RFC7323,
    ['place', 'transport', 10],
    [
      field('value', 16, 32, 'tcp.options.timestamp.tsval'),
      field('echoReply', 48, 32, 'tcp.options.timestamp.tsecr'),
    ],
  ),
  header(
    'sctp',
    'SCTP common header',
    'RFC 9260 section 3.1',
    ['transport', 'none', 12],
    [
      field('sourcePort', 0, 16, 'sctp.srcport'),
      field('destinationPort', 16, 16, 'sctp.dstport'),
      field('verificationTag', 32, 32, 'sctp.verification_tag'),
      field('checksum', 64, 32, 'sctp.checksum', { note: 'CRC32c; setChecksums() computes it.' }),
    ],
  ),
]
