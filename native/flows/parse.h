// One fast look at a packet's headers: what the keys of flows and the steps of their actions need, and no more.
#pragma once
#include <cstdint>
#include <cstring>

#include "../wire/fields.gen.h"

namespace rxb {

namespace wire = rxburst::wire;

constexpr uint16_t kNoVlan = 0xffff;

// Fields that a shape or a step may want and that this packet has not.
enum Lacks : uint8_t {
  kLacksMac = 1,  // no whole Ethernet header
  kLacksIp = 2,   // no whole header of IPv4 or IPv6, or one that contradicts itself
  // no TCP, UDP or SCTP whose header is whole; every fragment, and every IPv6 packet with extension headers
  kLacksPorts = 4,
};

enum PacketFlag : uint8_t {
  kMoreTags = 1,  // a second VLAN tag: nothing behind it was read
  kFragment = 2,  // of IPv4 or IPv6, the first one too
  kOptions = 4,   // IPv4 options or IPv6 extension headers
  kCut = 8,       // a header ends behind the packet's last byte
  kShort = 16,    // IP says more bytes than there are here: a capture's limit, or further segments
};
// Packets of which only the handler knows what to do, whatever a flow's key says of them.
constexpr uint8_t kHandlersWay = kMoreTags | kFragment | kOptions | kCut;

// 16 bytes, so that a burst of them takes 4 KiB. Offsets are bytes from the packet's first; numbers are in the
// machine's order.
struct ParsedPacket {
  uint16_t l3;         // bytes of the Ethernet header and its tag: where layer 3 begins
  uint16_t l4;         // where layer 4 begins; 0: not known
  uint16_t vlan;       // id of the outer tag, or kNoVlan
  uint16_t ethertype;  // behind the tag
  uint8_t family;      // 4, 6, or 0 for what is not IP
  uint8_t protocol;    // IPv4's protocol or IPv6's next header
  uint8_t ttl;         // or hop limit
  uint8_t tcp_flags;   // 0 for what is not TCP
  uint8_t flags;       // PacketFlags
  uint8_t lacks;       // Lacks
  uint16_t unused;
};
static_assert(sizeof(ParsedPacket) == 16, "a parsed packet outgrew its 16 bytes");

constexpr uint16_t kTypeIpv4 = 0x0800, kTypeIpv6 = 0x86dd, kTypeVlan = 0x8100, kTypeVlanService = 0x88a8,
                   kTypeVlanOld = 0x9100;
constexpr uint8_t kProtocolIcmp = 1, kProtocolTcp = 6, kProtocolUdp = 17, kProtocolIcmpv6 = 58, kProtocolSctp = 132;

inline uint16_t Load16(const uint8_t *at) {
  uint16_t value;
  memcpy(&value, at, sizeof value);
  return __builtin_bswap16(value);
}
inline void Store16(uint8_t *at, uint32_t value) {
  const uint16_t swapped = __builtin_bswap16(static_cast<uint16_t>(value));
  memcpy(at, &swapped, sizeof swapped);
}
inline bool IsTag(uint16_t type) { return type == kTypeVlan || type == kTypeVlanService || type == kTypeVlanOld; }

namespace parse_internal {

inline bool IsExtension(uint8_t next) {  // RFC 8200 section 4, RFC 4302, RFC 6275, RFC 7401, RFC 5533
  return next == 0 || next == 43 || next == 44 || next == 51 || next == 60 || next == 135 || next == 139 || next == 140;
}

// `room`: bytes from layer 4 on that both the packet and its IP header have.
inline void Transport(const uint8_t *data, uint32_t l4, uint32_t room, ParsedPacket *p) {
  p->l4 = static_cast<uint16_t>(l4);
  if (p->protocol == kProtocolTcp) {
    if (room < wire::tcp::kBytes) {
      p->flags |= kCut;
      return;
    }
    p->tcp_flags = data[l4 + wire::tcp::kFlags];
    p->lacks = 0;
    return;
  }
  const uint32_t bytes = p->protocol == kProtocolUdp      ? wire::udp::kBytes
                         : p->protocol == kProtocolSctp   ? wire::sctp::kBytes
                         : p->protocol == kProtocolIcmpv6 ? wire::icmpv6::kBytes
                                                          : 0;
  if (room < bytes)
    p->flags |= kCut;
  else if (bytes && p->protocol != kProtocolIcmpv6)
    p->lacks = 0;
}

inline void Ipv4(const uint8_t *data, uint32_t l3, uint32_t length, ParsedPacket *p) {
  if (length - l3 < wire::ipv4::kBytes) {
    p->flags |= kCut;
    return;
  }
  const uint8_t *ip = data + l3;
  const uint32_t header = (ip[0] & 15) * 4, total = Load16(ip + wire::ipv4::kTotalLength), there = length - l3;
  if (ip[0] >> 4 != 4 || header < wire::ipv4::kBytes || total < header) return;
  p->family = 4;
  p->protocol = ip[wire::ipv4::kProtocol];
  p->ttl = ip[wire::ipv4::kTimeToLive];
  p->lacks = kLacksPorts;
  const bool options = header != wire::ipv4::kBytes, fragment = Load16(ip + wire::ipv4::kFragmentOffset) & 0x3fff;
  p->flags |= options * kOptions | fragment * kFragment | (total > there) * kShort;
  if (header > there) {
    p->flags |= kCut;
    return;
  }
  if (!fragment) Transport(data, l3 + header, (total < there ? total : there) - header, p);
}

inline void Ipv6(const uint8_t *data, uint32_t l3, uint32_t length, ParsedPacket *p) {
  if (length - l3 < wire::ipv6::kBytes) {
    p->flags |= kCut;
    return;
  }
  const uint8_t *ip = data + l3;
  if (ip[0] >> 4 != 6) return;
  p->family = 6;
  p->protocol = ip[wire::ipv6::kNextHeader];
  p->ttl = ip[wire::ipv6::kHopLimit];
  p->lacks = kLacksPorts;
  const uint32_t payload = Load16(ip + wire::ipv6::kPayloadLength), there = length - l3 - wire::ipv6::kBytes;
  p->flags |= (payload > there) * kShort;
  if (IsExtension(p->protocol))
    p->flags |= kOptions | (p->protocol == 44) * kFragment;
  else
    Transport(data, l3 + wire::ipv6::kBytes, payload < there ? payload : there, p);
}

}  // namespace parse_internal

// Reads `length` bytes at most, whatever they say. Every branch follows the kind of the packet, which a burst seldom
// changes. ARP, MPLS and IEEE 802.3 frames have a MAC and lack the rest.
inline void Parse(const uint8_t *data, uint32_t length, ParsedPacket *p) {
  *p = {0, 0, kNoVlan, 0, 0, 0, 0, 0, 0, kLacksMac | kLacksIp | kLacksPorts, 0};
  uint32_t l3 = wire::ethernet::kBytes;
  if (__builtin_expect(length < l3, 0)) {
    p->flags = kCut;
    return;
  }
  uint16_t type = Load16(data + wire::ethernet::kType);
  p->lacks = kLacksIp | kLacksPorts;
  if (IsTag(type)) {
    if (length < l3 + wire::vlan::kBytes) {
      p->l3 = static_cast<uint16_t>(l3);
      p->ethertype = type;
      p->flags = kCut;
      return;
    }
    p->vlan = Load16(data + l3 + wire::vlan::kTagControlInformation) & wire::vlan::kIdentifierMask;
    type = Load16(data + l3 + wire::vlan::kType);
    l3 += wire::vlan::kBytes;
  }
  p->l3 = static_cast<uint16_t>(l3);
  p->ethertype = type;
  if (type == kTypeIpv4)
    parse_internal::Ipv4(data, l3, length, p);
  else if (type == kTypeIpv6)
    parse_internal::Ipv6(data, l3, length, p);
  else if (IsTag(type))
    p->flags = kMoreTags;
}

// Parse(), and in place for what most packets are: IPv4 without a tag and options, whole, with TCP or UDP.
__attribute__((always_inline)) inline void ParseInPlace(const uint8_t *data, uint32_t length, ParsedPacket *p) {
  constexpr uint32_t l3 = wire::ethernet::kBytes, l4 = l3 + wire::ipv4::kBytes;
  if (__builtin_expect(length >= l4 + wire::tcp::kBytes, 1)) {
    const uint8_t *ip = data + l3, protocol = ip[wire::ipv4::kProtocol];
    const uint32_t total = Load16(ip + wire::ipv4::kTotalLength);
    const bool tcp = protocol == kProtocolTcp;
    const uint32_t least = wire::ipv4::kBytes + (tcp ? wire::tcp::kBytes : wire::udp::kBytes);
    if (__builtin_expect(Load16(data + wire::ethernet::kType) == kTypeIpv4 && ip[0] == 0x45 &&
                             !(Load16(ip + wire::ipv4::kFragmentOffset) & 0x3fff) &&
                             (tcp || protocol == kProtocolUdp) && total >= least && total <= length - l3,
                         1)) {
      const uint8_t tcp_flags = data[l4 + wire::tcp::kFlags] & (tcp ? 0xff : 0);
      *p = {l3, l4, kNoVlan, kTypeIpv4, 4, protocol, ip[wire::ipv4::kTimeToLive], tcp_flags, 0, 0, 0};
      return;
    }
  }
  Parse(data, length, p);
}

}  // namespace rxb
