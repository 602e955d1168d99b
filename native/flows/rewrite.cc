// The rewrites that are more than a few words: outer headers of a tunnel.
#include "rewrite.h"

namespace rxb::rewrite {

uint64_t SumOfBytes(const uint8_t *at, uint32_t bytes) {
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

namespace {

// The pseudo header of RFC 768 and RFC 8200 section 8.1, and the datagram itself.
void SetUdpChecksum(uint8_t *ip, uint8_t *udp, uint8_t family, uint32_t length) {
  uint64_t sum = family == 4 ? SumOfBytes(ip + wire::ipv4::kSource, 8) : SumOfBytes(ip + wire::ipv6::kSource, 32);
  uint8_t words[4];
  Store16(words, length);
  Store16(words + 2, kProtocolUdp);
  memset(udp + wire::udp::kChecksum, 0, 2);
  uint16_t checksum = static_cast<uint16_t>(~Fold(sum + SumOfBytes(words, sizeof words) + SumOfBytes(udp, length)));
  if (!checksum) checksum = 0xffff;
  memcpy(udp + wire::udp::kChecksum, &checksum, sizeof checksum);
}

}  // namespace

uint8_t *Encapsulate(uint8_t *inner, uint32_t length, const OuterHeaders &outer) {
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
