// What a driver knows of a packet beside its bytes: asked for by the kernel's metadata functions, left in front of the
// packet.
#include "metadata.h"

#include <cstddef>

namespace rxb::steer {
namespace {

constexpr int16_t kBlock = -40, kUnread = -48;  // on the stack: a PacketMetadata, and an answer that nobody reads
constexpr uint8_t kKnown = 7;
constexpr uint8_t kKernelFunction = 2;  // BPF_PSEUDO_KFUNC_CALL
constexpr int16_t At(size_t field) { return static_cast<int16_t>(kBlock + static_cast<int16_t>(field)); }

void EmitAddress(uint8_t reg, int16_t slot, Assembler *out) {
  out->Emit(bpf::MovReg(reg, 10));
  out->Emit(bpf::Alu64Imm(BPF_ADD, reg, slot));
}

// Calls one of the kernel's functions: it puts its answers into these slots and returns 0, or has none.
void EmitQuestion(int32_t function, int16_t slot, int16_t second, uint32_t column, Assembler *out) {
  Assembler::Label unknown = out->NewLabel();
  out->Emit(bpf::MovReg(1, kContext));
  EmitAddress(2, slot, out);
  if (second) EmitAddress(3, second, out);
  out->Emit(bpf::Insn(BPF_JMP | BPF_CALL, 0, kKernelFunction, 0, function));
  out->Branch(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, unknown);
  out->Emit(bpf::Alu64Imm(BPF_OR, kKnown, static_cast<int32_t>(column)));
  out->Place(unknown);
}

void EmitAdjust(int32_t bytes, Assembler *out) {
  out->Emit(bpf::MovReg(1, kContext));
  out->Emit(bpf::MovImm(2, bytes));
  out->Emit(bpf::Helper(BPF_FUNC_xdp_adjust_meta));
}

}  // namespace

// Asks first and writes then: some devices put their timestamp where the metadata will be.
void EmitMetadata(const Metadata &metadata, Assembler *out) {
  Assembler::Label no_room = out->NewLabel();
  out->Emit(bpf::MovImm(kKnown, 0));
  for (int16_t slot = kUnread; slot < kBlock + static_cast<int16_t>(sizeof(PacketMetadata)); slot += 8)
    out->Emit(bpf::Store(BPF_DW, 10, slot, kKnown));
  if (metadata.timestamp) {
    EmitQuestion(metadata.timestamp, At(offsetof(PacketMetadata, timestamp)), 0, kColumn_timestamp, out);
  } else if (metadata.columns & kColumn_timestamp) {
    out->Emit(bpf::Helper(BPF_FUNC_ktime_get_ns));
    out->Emit(bpf::Store(BPF_DW, 10, At(offsetof(PacketMetadata, timestamp)), 0));
    out->Emit(bpf::Alu64Imm(BPF_OR, kKnown, kColumn_timestamp));
  }
  if (metadata.hash) EmitQuestion(metadata.hash, At(offsetof(PacketMetadata, hash)), kUnread, kColumn_hash, out);
  if (metadata.vlan)
    EmitQuestion(metadata.vlan, At(offsetof(PacketMetadata, tag_protocol)), At(offsetof(PacketMetadata, tag_tci)),
                 kColumn_vlan, out);
  out->Emit(bpf::Store(BPF_W, 10, At(offsetof(PacketMetadata, known)), kKnown));
  out->Emit(bpf::MovImm(1, kMetadataMark));
  out->Emit(bpf::Store(BPF_W, 10, At(offsetof(PacketMetadata, mark)), 1));
  EmitAdjust(-static_cast<int32_t>(sizeof(PacketMetadata)), out);
  out->Branch(BPF_JMP | BPF_JNE | BPF_K, 0, 0, 0, no_room);
  out->Emit(bpf::Load(BPF_W, 1, kContext, offsetof(xdp_md, data_meta)));
  out->Emit(bpf::Load(BPF_W, 2, kContext, offsetof(xdp_md, data)));
  out->Emit(bpf::MovReg(3, 1));
  out->Emit(bpf::Alu64Imm(BPF_ADD, 3, sizeof(PacketMetadata)));
  out->Branch(BPF_JMP | BPF_JGT | BPF_X, 3, 2, 0, no_room);
  for (int16_t word = 0; word < static_cast<int16_t>(sizeof(PacketMetadata)); word += 4) {
    // no packet pointer is better aligned
    out->Emit(bpf::Load(BPF_W, 4, 10, static_cast<int16_t>(kBlock + word)));
    out->Emit(bpf::Store(BPF_W, 1, word, 4));
  }
  out->Place(no_room);
}

void EmitNoMetadata(Assembler *out) { EmitAdjust(sizeof(PacketMetadata), out); }

}  // namespace rxb::steer
