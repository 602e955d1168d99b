// What a driver knows of a packet beside its bytes: an XDP program of ours asks for it by the kernel's metadata
// functions (Documentation/networking/xdp-rx-metadata.rst) and leaves the answers in front of the packet, where the
// AF_XDP socket's reader finds them.
#pragma once
#include "../abi/status.h"
#include "../filter/emit/emit_ebpf.h"

namespace rxb::steer {

// Ends where the packet begins.
struct PacketMetadata {
  uint64_t timestamp;     // ns
  uint32_t hash;          // RSS hash
  uint16_t tag_protocol;  // of the VLAN tag that the device took off, network byte order
  uint16_t tag_tci;       // in the machine's
  uint32_t known;         // ColumnBits of what the driver knew of this packet
  uint32_t mark;          // kMetadataMark, or these bytes are something else
};
constexpr uint32_t kMetadataMark = 0x7278626d;
static_assert(sizeof(PacketMetadata) == 24, "kernels before 6.14 give room for 32 bytes");

// Which columns' values a program writes, and where it gets them.
struct Metadata {
  uint32_t columns = 0;                       // ColumnBits; none: it writes nothing
  bool device_clock = false;                  // the timestamp is the device's; else the kernel's own, CLOCK_MONOTONIC
  int32_t hash = 0, vlan = 0, timestamp = 0;  // ids of the kernel's functions
  uint32_t bound_to = 0;  // interface whose driver is asked; 0: none is, and any driver or generic XDP will do
};

// Columns that a program on this interface can write; `generic`: it has to run in the kernel's generic hook.
uint32_t MetadataColumns(uint32_t ifindex, bool generic, bool device_clock);
Status PlanMetadata(uint32_t columns, bool device_clock, uint32_t ifindex, Metadata *);

// Behind these instructions the metadata stand in front of the packet, if the driver has room for them. The context is
// in kContext; uses registers 0 to 5 and 7, and the stack between -48 and -16. Pointers into the packet are good no
// more.
void EmitMetadata(const Metadata &, Assembler *out);
// Takes them away again, for a packet that stays with the kernel: GRO joins no packets whose metadata differ. Uses
// registers 0 to 5.
void EmitNoMetadata(Assembler *out);

}  // namespace rxb::steer
