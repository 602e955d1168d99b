// The key of a flow: the fields of a packet that its table's shape names, and their hash.
#pragma once
#include "parse.h"

namespace rxb {

enum class FlowShape : uint8_t { kFiveTuple, kSource, kDestination, kPair, kService, kMac, kCount };
enum class KeyKind : uint8_t { kNone, kIpv4, kIpv6 };  // of how many words; kIpv4: two, which do for MAC addresses too

constexpr uint8_t kTcpEnds = wire::tcp::kFinMask | wire::tcp::kRstMask, kTcpWatched = kTcpEnds | wire::tcp::kSynMask;
constexpr uint8_t kAnyPort = 0xff;  // in the place of the receive port's index

// w[0]: layer-4 ports in network order, or the last four bytes of MAC addresses; VLAN id, protocol, receive port. w[1]
// and on: addresses as they stand in the packet. What the shape leaves out is 0.
struct FlowKey {
  uint64_t w[5];
};
constexpr uint32_t kWords4 = 2, kWords6 = 5;

// Which bits of the words belong to a shape.
struct ShapeMask {
  uint64_t meta, ipv4, source6, destination6;
  uint8_t lacks;  // Lacks: a packet with one of these has no key
  uint8_t flags;  // PacketFlags: the same
};

constexpr uint64_t kMaskPlace = 0xff00ffffull << 32;  // receive port and VLAN id
constexpr uint64_t kMaskProtocol = 0xffull << 48, kMaskPorts = 0xffffffff, kMaskDestinationPort = 0xffff0000;
constexpr uint64_t kSource4 = 0xffffffff, kDestination4 = kSource4 << 32, kAll = ~0ull;

// A key of MAC addresses has no field of IP, so fragments and options do not matter to it.
constexpr ShapeMask kShapes[] = {
    {kMaskPlace | kMaskProtocol | kMaskPorts, kAll, kAll, kAll, kLacksIp | kLacksPorts, kHandlersWay},
    {kMaskPlace, kSource4, kAll, 0, kLacksIp, kHandlersWay},
    {kMaskPlace, kDestination4, 0, kAll, kLacksIp, kHandlersWay},
    {kMaskPlace, kAll, kAll, kAll, kLacksIp, kHandlersWay},
    {kMaskPlace | kMaskProtocol | kMaskDestinationPort, kDestination4, 0, kAll, kLacksIp | kLacksPorts, kHandlersWay},
    {kMaskPlace | kMaskPorts, kAll, 0, 0, kLacksMac, kMoreTags},
};
static_assert(sizeof kShapes / sizeof *kShapes == uint32_t(FlowShape::kCount), "each shape has its mask");

// The key of a packet that came from `port`; kNone where it has not the shape's fields, or where only the handler knows
// what to do.
inline KeyKind MakeKey(FlowShape shape, uint8_t port, const uint8_t *data, const ParsedPacket &p, FlowKey *key) {
  const ShapeMask &mask = kShapes[uint32_t(shape)];
  if (__builtin_expect((p.lacks & mask.lacks) | (p.flags & mask.flags), 0)) return KeyKind::kNone;
  const uint64_t place = uint64_t(p.vlan) << 32 | uint64_t(p.protocol) << 48 | uint64_t(port) << 56;
  uint32_t low;
  if (shape == FlowShape::kMac) {
    memcpy(&key->w[1], data, 8);
    memcpy(&low, data + 8, 4);
    key->w[0] = (place | low) & mask.meta;
    return KeyKind::kIpv4;
  }
  // A shape that wants ports refuses packets without; the others mask them away, and the packet has layer 3 to be read
  // at least.
  memcpy(&low, data + (p.l4 && !(p.lacks & kLacksPorts) ? p.l4 : p.l3), 4);
  key->w[0] = (place | low) & mask.meta;
  if (p.family == 4) {
    memcpy(&key->w[1], data + p.l3 + wire::ipv4::kSource, 8);
    key->w[1] &= mask.ipv4;
    return KeyKind::kIpv4;
  }
  memcpy(&key->w[1], data + p.l3 + wire::ipv6::kSource, 32);
  key->w[1] &= mask.source6, key->w[2] &= mask.source6;
  key->w[3] &= mask.destination6, key->w[4] &= mask.destination6;
  return KeyKind::kIpv6;
}

// Drawn at start. A CRC would be linear: whoever can make one collision can make them all, whatever the seed.
struct HashSecret {
  uint64_t k[6];
};

inline uint64_t FoldedProduct(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// A second product spreads the bits of the first: the bucket, the other bucket and the signature are taken from one
// number.
inline uint64_t HashOf(const HashSecret &s, const FlowKey &key, KeyKind kind) {
  uint64_t hash = FoldedProduct(key.w[0] ^ s.k[0], key.w[1] ^ s.k[1]);
  if (kind == KeyKind::kIpv6) hash ^= FoldedProduct(key.w[2] ^ s.k[2], key.w[3] ^ s.k[3] ^ hash) ^ (key.w[4] * s.k[4]);
  return FoldedProduct(hash ^ s.k[5], 0x9e3779b97f4a7c15ull);
}

}  // namespace rxb
