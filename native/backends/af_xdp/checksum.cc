// Says whether a received packet's TCP or UDP checksum is right, for the column `checksum` of backends that nobody
// tells.
#include "checksum.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "../../wire/fields.gen.h"

namespace rxb {
namespace checksum {

namespace wire = rxburst::wire;

constexpr uint8_t kNone = 0, kGood = 1, kBad = 2, kNeverComputed = 3;
constexpr uint32_t kTagsMax = 2;
constexpr uint32_t kExtensionsMax = 8;

inline uint32_t Read16(const uint8_t *at) { return static_cast<uint32_t>(at[0] << 8 | at[1]); }

// Sums of 16-bit words in the packet's byte order, as the machine loads them: the sum of ones' complement does not mind
// (RFC 1071).
uint64_t SumOf(const uint8_t *at, uint32_t length) {
  uint64_t sum = 0;
  for (; length >= 4; at += 4, length -= 4) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    sum += word;
  }
  uint32_t rest = 0;
  memcpy(&rest, at, length);
  return sum + rest;
}

uint16_t Fold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

// Where the TCP or UDP header begins, how far it and its data reach, and the sum over the addresses.
struct Transport {
  uint32_t at, bytes;
  uint8_t protocol;
  uint64_t addresses;
};

bool FindIp4(const Piece &head, uint32_t ip, Transport *out) {
  if (ip + wire::ipv4::kBytes > head.length) return false;
  const uint8_t *at = head.bytes + ip;
  const uint32_t header = (at[0] & wire::ipv4::kHeaderLengthMask) * 4, total = Read16(at + wire::ipv4::kTotalLength);
  if (header < wire::ipv4::kBytes || total < header || Read16(at + wire::ipv4::kFragmentOffset) & 0x3fff)
    return false;  // an offset, or more to come
  *out = {ip + header, total - header, at[wire::ipv4::kProtocol], SumOf(at + wire::ipv4::kSource, 8)};
  return true;
}

bool FindIp6(const Piece &head, uint32_t ip, Transport *out) {
  if (ip + wire::ipv6::kBytes > head.length) return false;
  const uint8_t *at = head.bytes + ip;
  *out = {ip + wire::ipv6::kBytes, Read16(at + wire::ipv6::kPayloadLength), at[wire::ipv6::kNextHeader],
          SumOf(at + wire::ipv6::kSource, 32)};
  for (uint32_t i = 0; i < kExtensionsMax; i++) {
    if (out->protocol != IPPROTO_HOPOPTS && out->protocol != IPPROTO_ROUTING && out->protocol != IPPROTO_DSTOPTS)
      return true;
    if (out->bytes < 8 || out->at + 8 > head.length) return false;
    const uint8_t *extension = head.bytes + out->at;
    // A routing header that is not used up has the last destination elsewhere (RFC 8200, 8.1).
    if (out->protocol == IPPROTO_ROUTING && extension[wire::routing::kSegmentsLeft]) return false;
    const uint32_t bytes = (extension[wire::hop_by_hop::kHeaderLength] + 1u) * 8;
    if (bytes > out->bytes) return false;
    *out = {out->at + bytes, out->bytes - bytes, extension[wire::hop_by_hop::kNextHeader], out->addresses};
  }
  return false;
}

bool Find(const Piece &head, Transport *out) {
  uint32_t at = wire::ethernet::kType;
  for (uint32_t tags = 0; at + 2 <= head.length; tags++, at += wire::vlan::kBytes) {
    const uint32_t type = Read16(head.bytes + at);
    if (type == 0x800) return FindIp4(head, at + 2, out);
    if (type == 0x86dd) return FindIp6(head, at + 2, out);
    if (tags == kTagsMax || (type != 0x8100 && type != 0x88a8)) return false;
  }
  return false;
}

// The sum over `bytes` from `at` on; false: the packet ends before.
bool SumThrough(const Piece *pieces, uint32_t count, uint32_t at, uint32_t bytes, uint64_t *sum) {
  bool odd = false;  // how many bytes came before
  for (uint32_t i = 0; i < count && bytes; i++) {
    if (at >= pieces[i].length) {
      at -= pieces[i].length;
      continue;
    }
    const uint32_t length = std::min(bytes, pieces[i].length - at);
    const uint16_t part = Fold(SumOf(pieces[i].bytes + at, length));
    *sum += odd ? __builtin_bswap16(part) : part;
    odd ^= length & 1;
    bytes -= length;
    at = 0;
  }
  return !bytes;
}

}  // namespace checksum

uint8_t ChecksumState(const Piece *pieces, uint32_t count) {
  using namespace checksum;
  Transport found;
  if (!count || !Find(pieces[0], &found)) return kNone;
  const bool udp = found.protocol == IPPROTO_UDP;
  if (!udp && found.protocol != IPPROTO_TCP) return kNone;
  const uint32_t header = udp ? wire::udp::kBytes : wire::tcp::kBytes;
  if (found.bytes < header || found.at + header > pieces[0].length) return kNone;
  const uint8_t *at = pieces[0].bytes + found.at;
  uint16_t field;
  memcpy(&field, at + (udp ? wire::udp::kChecksum : wire::tcp::kChecksum), sizeof field);
  if (udp && !field) return kNone;
  uint32_t bytes = found.bytes;
  if (udp) {  // its own length may leave some behind it
    bytes = Read16(at + wire::udp::kLength);
    if (bytes < header || bytes > found.bytes) return kNone;
  }
  uint64_t pseudo = found.addresses + htons(found.protocol) + htons(static_cast<uint16_t>(bytes)), sum = pseudo;
  if (!SumThrough(pieces, count, found.at, bytes, &sum)) return kNone;
  if (Fold(sum) == 0xffff) return kGood;
  return field == Fold(pseudo) ? kNeverComputed : kBad;
}

}  // namespace rxb
