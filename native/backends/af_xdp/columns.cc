// Fills the extra columns of a burst: from the metadata in front of each packet, its VLAN tag and its checksum.
#include "checksum.h"
#include "port.h"

namespace rxb::af_xdp {

namespace {

constexpr uint32_t kAddressesBytes = 12, kVlanTagBytes = 4;
constexpr uint16_t kVlanProtocol = 0x8100;

// Reads what the program wrote in front of a packet, once: the next packet in this frame may come without.
steer::PacketMetadata TakeMetadata(const Arena &arena, uint32_t offset) {
  steer::PacketMetadata metadata{};
  if (((offset - arena.OffsetOf(0)) & (arena.frame_size - 1)) < sizeof metadata) return metadata;
  uint8_t *at = arena.memory + offset - sizeof metadata;
  memcpy(&metadata, at, sizeof metadata);
  if (metadata.mark != steer::kMetadataMark) return {};
  memset(at + offsetof(steer::PacketMetadata, mark), 0, sizeof metadata.mark);
  return metadata;
}

// The column takes an 802.1Q tag out of the packet, whoever finds it there; any other that the device took off goes
// back in.
uint32_t TakeTag(uint8_t *memory, const steer::PacketMetadata &metadata, uint32_t *offset, uint32_t *length) {
  uint8_t *packet = memory + *offset;
  const uint8_t vlan[] = {kVlanProtocol >> 8, kVlanProtocol & 255};
  if (metadata.known & kColumn_vlan) {
    if (!memcmp(&metadata.tag_protocol, vlan, sizeof vlan)) return metadata.tag_tci;
    memmove(packet - kVlanTagBytes, packet, kAddressesBytes);
    memcpy(packet - kVlanTagBytes + kAddressesBytes, &metadata.tag_protocol, sizeof metadata.tag_protocol);
    packet[10] = static_cast<uint8_t>(metadata.tag_tci >> 8);
    packet[11] = static_cast<uint8_t>(metadata.tag_tci);
    *offset -= kVlanTagBytes;
    *length += kVlanTagBytes;
    return kUnset;
  }
  if (*length < kVlanEthernetHeader || memcmp(packet + kAddressesBytes, vlan, sizeof vlan)) return kUnset;
  uint32_t tci = static_cast<uint32_t>(packet[14] << 8 | packet[15]);
  memmove(packet + kVlanTagBytes, packet, kAddressesBytes);
  *offset += kVlanTagBytes;
  *length -= kVlanTagBytes;
  return tci;
}

// Of the packet that begins at entry i.
uint8_t ChecksumOf(const Arena &arena, const XskQueue *queue, const Packets &p, uint32_t i, uint32_t n) {
  Piece pieces[k_segmentsMax];
  uint32_t count = 0;
  const uint32_t end = queue->more ? EndOfPacket(queue->more + i, 0, n - i) + i : i + 1;
  for (; i < end && count < k_segmentsMax; i++) pieces[count++] = {arena.memory + p.offset[i], p.length[i]};
  return ChecksumState(pieces, count);
}

__attribute__((noinline)) void FillExtra(const XskQueue *queue, const Packets &p, uint32_t n) {
  const Arena &arena = *TheArena();
  SlotColumns &columns = *queue->columns;
  uint32_t wanted = queue->wanted_columns;
  for (uint32_t i = 0; i < n; i++) {
    bool first = !i || !queue->more || !queue->more[i - 1];
    steer::PacketMetadata metadata{};
    if (first && wanted != kColumn_checksum) metadata = TakeMetadata(arena, p.offset[i]);
    if (wanted & kColumn_hash) columns.hash[i] = metadata.known & kColumn_hash ? metadata.hash : 0;
    if (wanted & kColumn_timestamp)
      columns.timestamp[i] = metadata.known & kColumn_timestamp ? static_cast<double>(metadata.timestamp) : 0;
    if (wanted & kColumn_vlan)
      columns.vlan[i] = first ? TakeTag(arena.memory, metadata, &p.offset[i], &p.length[i]) : kUnset;
    if (wanted & kColumn_checksum) columns.checksum[i] = first ? ChecksumOf(arena, queue, p, i, n) : 0;
  }
}

}  // namespace

}  // namespace rxb::af_xdp
