// Changes of headers in place, with the checksums that cover them kept right by RFC 1624.
#pragma once
#include "../parse.h"

namespace rxb::rewrite {

// ~m + m' of equation 3 in RFC 1624, of 16-bit words, not folded. Words in memory's order: a ones' complement sum does
// not mind (RFC 1071 section 2 B), so nothing is swapped.
inline uint64_t ChangeOf(const uint8_t *before, const uint8_t *after, uint32_t bytes) {
  uint64_t change = 0;
  for (uint32_t i = 0; i < bytes; i += 2) {
    uint16_t from, to;
    memcpy(&from, before + i, sizeof from);
    memcpy(&to, after + i, sizeof to);
    change += static_cast<uint16_t>(~from) + uint32_t(to);
  }
  return change;
}

inline uint16_t Fold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>((sum & 0xffff) + (sum >> 16));
}

// The checksum at `at` after such a change.
inline void Adjust(uint8_t *at, uint64_t change) {
  uint16_t checksum;
  memcpy(&checksum, at, sizeof checksum);
  checksum = static_cast<uint16_t>(~Fold(static_cast<uint16_t>(~checksum) + change));
  memcpy(at, &checksum, sizeof checksum);
}

// The same for UDP: 0 was never computed and stays, and 0 that comes out is written as all ones (RFC 768).
inline void AdjustUdp(uint8_t *at, uint64_t change) {
  uint16_t checksum;
  memcpy(&checksum, at, sizeof checksum);
  if (!checksum) return;
  checksum = static_cast<uint16_t>(~Fold(static_cast<uint16_t>(~checksum) + change));
  if (!checksum) checksum = 0xffff;
  memcpy(at, &checksum, sizeof checksum);
}

// Layer 4's checksum after a change of what it covers. ICMP covers no address. A protocol that has none here is left
// alone.
inline void AdjustTransport(uint8_t *l4, uint8_t protocol, uint64_t change) {
  if (protocol == kProtocolTcp)
    Adjust(l4 + wire::tcp::kChecksum, change);
  else if (protocol == kProtocolUdp)
    AdjustUdp(l4 + wire::udp::kChecksum, change);
  else if (protocol == kProtocolIcmpv6)
    Adjust(l4 + wire::icmpv6::kChecksum, change);
}

// Which of a packet's two ends is written.
enum class End : uint8_t { kSource, kDestination };

// Writes an address, of the packet's own family, and a port; null: leaves it. The port is in network order. The packet
// is no fragment, and has a TCP or UDP header where a port is wanted.
inline void SetEndpoint(uint8_t *ip, uint8_t *l4, uint8_t family, uint8_t protocol, End end, const uint8_t *address,
                        const uint8_t *port) {
  uint64_t change = 0;
  if (address && family == 4) {
    uint8_t *at = ip + (end == End::kSource ? wire::ipv4::kSource : wire::ipv4::kDestination);
    change = ChangeOf(at, address, 4);
    memcpy(at, address, 4);
    Adjust(ip + wire::ipv4::kHeaderChecksum, change);
  } else if (address) {
    uint8_t *at = ip + (end == End::kSource ? wire::ipv6::kSource : wire::ipv6::kDestination);
    change = ChangeOf(at, address, 16);
    memcpy(at, address, 16);
  }
  if (port) {
    // TCP's stand there too
    uint8_t *at = l4 + (end == End::kSource ? wire::udp::kSourcePort : wire::udp::kDestinationPort);
    change += ChangeOf(at, port, 2);
    memcpy(at, port, 2);
  }
  AdjustTransport(l4, protocol, change);
}

// One hop less.
inline void LowerTtl(uint8_t *ip, uint8_t family) {
  if (family == 6) {
    ip[wire::ipv6::kHopLimit]--;
    return;
  }
  uint8_t before[2];
  memcpy(before, ip + wire::ipv4::kTimeToLive, 2);  // and the protocol beside it
  ip[wire::ipv4::kTimeToLive]--;
  Adjust(ip + wire::ipv4::kHeaderChecksum, ChangeOf(before, ip + wire::ipv4::kTimeToLive, 2));
}

constexpr uint32_t kMacsBytes = 12;

// Puts a tag behind the two MACs; the packet begins 4 bytes earlier. Returns its first byte.
inline uint8_t *PushTag(uint8_t *data, const uint8_t *tci) {
  uint8_t *first = data - wire::vlan::kBytes;
  memmove(first, data, kMacsBytes);
  Store16(first + kMacsBytes, kTypeVlan);
  memcpy(first + kMacsBytes + 2, tci, 2);
  return first;
}

// Takes the outer tag away; the packet begins 4 bytes later.
inline uint8_t *PopTag(uint8_t *data) {
  uint8_t *first = data + wire::vlan::kBytes;
  memmove(first, data, kMacsBytes);
  return first;
}

// The ones' complement sum of bytes, in memory's order.
inline uint64_t SumOfBytes(const uint8_t *at, uint32_t bytes) {
  uint64_t sum = 0;
  uint32_t i = 0;
  for (; i + 4 <= bytes; i += 4) {
    uint32_t word;
    memcpy(&word, at + i, sizeof word);
    sum += word;
  }
  uint32_t rest = 0;  // an odd last byte is the first half of a word (RFC 1071 section 4.1)
  memcpy(&rest, at + i, bytes - i);
  return sum + rest;
}

// Outer headers as encap found them in its bytes.
struct OuterHeaders {
  const uint8_t *bytes;
  uint32_t count;
  uint16_t l3, l4;  // of IP and of UDP behind it; 0: none
  uint8_t family;
};

// The pseudo header of RFC 768 and RFC 8200 section 8.1, and the datagram itself.
inline void SetUdpChecksum(uint8_t *ip, uint8_t *udp, uint8_t family, uint32_t length) {
  uint64_t sum = family == 4 ? SumOfBytes(ip + wire::ipv4::kSource, 8) : SumOfBytes(ip + wire::ipv6::kSource, 32);
  uint8_t words[4];
  Store16(words, length);
  Store16(words + 2, kProtocolUdp);
  memset(udp + wire::udp::kChecksum, 0, 2);
  uint16_t checksum = static_cast<uint16_t>(~Fold(sum + SumOfBytes(words, sizeof words) + SumOfBytes(udp, length)));
  if (!checksum) checksum = 0xffff;
  memcpy(udp + wire::udp::kChecksum, &checksum, sizeof checksum);
}

// Writes outer headers in front of a packet, with their lengths and checksums. Returns the first byte. A UDP checksum
// that is 0 in `bytes` stays 0 (RFC 6935 allows it for tunnels over IPv6).
inline uint8_t *Encapsulate(uint8_t *inner, uint32_t length, const OuterHeaders &outer) {
  uint8_t *first = inner - outer.count;
  memcpy(first, outer.bytes, outer.count);
  if (!outer.l3) return first;
  uint8_t *ip = first + outer.l3;
  const uint32_t behind = outer.count - outer.l3 + length;  // from the IP header on
  if (outer.family == 4) {
    const uint8_t none[2] = {0, 0};
    Store16(ip + wire::ipv4::kTotalLength, behind);
    Adjust(ip + wire::ipv4::kHeaderChecksum, ChangeOf(none, ip + wire::ipv4::kTotalLength, 2));
  } else {
    Store16(ip + wire::ipv6::kPayloadLength, behind - wire::ipv6::kBytes);
  }
  if (!outer.l4) return first;
  uint8_t *udp = first + outer.l4;
  const uint32_t datagram = outer.count - outer.l4 + length;
  Store16(udp + wire::udp::kLength, datagram);
  if (Load16(udp + wire::udp::kChecksum)) SetUdpChecksum(ip, udp, outer.family, datagram);
  return first;
}

}  // namespace rxb::rewrite
