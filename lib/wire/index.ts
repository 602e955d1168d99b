// rxburst/wire: read, change and build packets by name. No hidden state: `const at = locate(packet)`, then
// `udp.destinationPort(packet, at)`.
//
//   locate(p), inner(p, at), quoted(p, at)   the number `at`: of the packet, inside a tunnel, quoted by an ICMP error;
// 0: there is none
//   is.udp(at), is.cut(at), …                what the number says
//   udp, tcp, ipv4, …                        a namespace for each header of the table: name(p, at), setName(p, at,
// value)
//   HEADERS                                  the table itself: names, bits, kinds, RFCs and Wireshark's names
//   Lpm4, Lpm6, TokenBucket, Histogram, flowHash, Maglev   tables that all workers see (docs/tables.md)
//   parseIp(text), formatIp(…), …            addresses, MACs, prefixes
//   fill(p, path, fields), template(…), reply(p, at), header(name, fields)   packets built, turned round, headers of
// one's own
//   setChecksums(p, at), …                   whole checksums; setters keep those that are right
export * from '../tables/index.js'
export {
  formatIp,
  formatIpv4,
  formatIpv6,
  formatMac,
  formatPrefix,
  type Ip,
  inPrefix,
  type Prefix,
  parseIp,
  parseIpv4,
  parseIpv6,
  parseMac,
  parsePrefix,
} from './addresses.js'
export type { At } from './at.js'
export { type Content, fill, headerBytes } from './build/fill.js'
export { header, type OwnField, type OwnHeader, u8, u16, u32 } from './build/own-header.js'
export { reply } from './build/reply.js'
export { type Template, template } from './build/template.js'
export type { Fields, Value } from './build/values.js'
export type { Bytes } from './bytes.js'
export { changedBy16, changedBy32 } from './checksum/checksum-words.js'
export {
  checksum,
  headerChecksumOk,
  setChecksums,
  setHeaderChecksum,
  setTransportChecksum,
  transportChecksumOk,
} from './checksum/checksums.js'
export { ports } from './flow.js'
export * from './headers/namespaces.js'
export { inner, quoted } from './inner.js'
export { networkPlace, payloadLength, payloadPlace, transportPlace } from './layers.js'
export { locate } from './locate.js'
export { NOWHERE, OVERRUN } from './options.js'
export { type Covered, type Field, HEADERS, type Header, type Kind, type Start } from './table/table.js'
