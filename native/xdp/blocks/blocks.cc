// The blocks that there are: rules, the XSKMAP, and the counters of rules.
#include "blocks.h"

#include <cstddef>

namespace rxb::steer {
namespace {

constexpr int16_t kSaved = -16;

// Leaves the packet's length in R8.
void EmitLength(const Emission &e) {
  if (e.fragments) {
    e.out->Emit(bpf::Store(BPF_DW, 10, kSaved, 1));
    e.out->Emit(bpf::MovReg(1, kContext));
    e.out->Emit(bpf::Helper(BPF_FUNC_xdp_get_buff_len));
    e.out->Emit(bpf::MovReg(8, 0));
    e.out->Emit(bpf::Load(BPF_DW, 1, 10, kSaved));
  } else if (e.access == Access::kDirect) {
    e.out->Emit(bpf::Alu64(BPF_SUB, kDataEnd, kData));
  } else {
    e.out->Emit(bpf::MovReg(8, 9));
  }
}

// Adds by `add`, which works on R1, to a field of the counters at R0.
void AddTo(Assembler *out, int16_t field, const bpf_insn &add) {
  out->Emit(bpf::Load(BPF_DW, 1, 0, field));
  out->Emit(add);
  out->Emit(bpf::Store(BPF_DW, 0, field, 1));
}

}  // namespace

const char *KindName(BlockKind kind) {
  switch (kind) {
    case BlockKind::kPass:
      return "pass";
    case BlockKind::kCeiling:
      return "ceiling";
    case BlockKind::kSteer:
      return "steer";
    case BlockKind::kPortMap:
      return "ports";
    case BlockKind::kFlows:
      return "flows";
    case BlockKind::kXskmap:
      return "xskmap";
    case BlockKind::kCounts:
      return "counts";
  }
  return "";
}

void RuleBlock::Ask(Questions *questions) {
  first_ = questions->filters.size();
  for (const Rule *rule : rules_) questions->filters.push_back(&rule->filter);
  if (kind_ == BlockKind::kCeiling)
    questions->gate = {static_cast<uint32_t>(first_), static_cast<uint32_t>(first_ + rules_.size())};
}

void RuleBlock::Land(Emission *e) const {
  if (kind_ == BlockKind::kCeiling) return;  // it lets packets go on to the next block: nothing ends there
  for (size_t i = 0; i < rules_.size(); i++) {
    e->out->Place(e->leads[first_ + i]);
    e->out->Emit(bpf::MovImm(1, static_cast<int32_t>(rules_[i]->slot)));
    e->out->Jump(kind_ == BlockKind::kPass ? e->pass : e->take);
  }
}

void XskmapBlock::Emit(Emission *e) const {
  if (counted_) return;
  Assembler &out = *e->out;
  if (metadata_.columns) {
    out.Emit(bpf::MovReg(kContext, 1));
    EmitMetadata(metadata_, &out);
    out.Emit(bpf::MovReg(1, kContext));
  }
  out.Emit(bpf::Load(BPF_W, 2, 1, offsetof(xdp_md, rx_queue_index)));
  out.LoadMap(1, xskmap_);
  out.Emit(bpf::MovImm(3, XDP_PASS));  // what to answer when the queue has no socket
  out.Emit(bpf::Helper(BPF_FUNC_redirect_map));
  if (metadata_.columns) {
    Assembler::Label taken = out.NewLabel();
    out.Emit(bpf::MovReg(7, 0));
    out.Branch(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, XDP_REDIRECT, taken);
    EmitNoMetadata(&out);
    out.Place(taken);
    out.Emit(bpf::MovReg(0, 7));
  }
  out.Emit(bpf::Exit());
}

void XskmapBlock::Land(Emission *e) const {
  if (!counted_) return;
  Assembler &out = *e->out;
  out.Place(e->socket);
  EmitLength(*e);
  out.Emit(bpf::Store(BPF_W, 10, kKeySlot, 1));
  if (metadata_.columns) EmitMetadata(metadata_, &out);
  out.LoadMap(1, xskmap_);
  out.Emit(bpf::Load(BPF_W, 2, kContext, offsetof(xdp_md, rx_queue_index)));
  out.Emit(bpf::MovImm(3, XDP_PASS));  // what to answer when the queue has no socket
  out.Emit(bpf::Helper(BPF_FUNC_redirect_map));
  out.Emit(bpf::MovReg(7, 0));
  out.Emit(bpf::MovReg(9, 0));
  if (metadata_.columns) {
    out.Branch(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, XDP_REDIRECT, e->count);
    EmitNoMetadata(&out);
  }
  out.Jump(e->count);
}

// R7 has what the program returns, R9 XDP_REDIRECT where the packet counts as one that found its socket.
void CountsBlock::Land(Emission *e) const {
  Assembler &out = *e->out;
  Assembler::Label taken = out.NewLabel(), leave = out.NewLabel();
  out.Place(e->pass);
  EmitLength(*e);
  out.Emit(bpf::Store(BPF_W, 10, kKeySlot, 1));
  out.Emit(bpf::MovImm(7, XDP_PASS));
  out.Emit(bpf::MovImm(9, XDP_REDIRECT));
  out.Place(e->count);
  out.LoadMap(1, counters_);
  out.Emit(bpf::MovReg(2, 10));
  out.Emit(bpf::Alu64Imm(BPF_ADD, 2, kKeySlot));
  out.Emit(bpf::Helper(BPF_FUNC_map_lookup_elem));
  out.Branch(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, leave);
  out.Branch(BPF_JMP | BPF_JEQ | BPF_K, 9, 0, XDP_REDIRECT, taken);
  AddTo(&out, offsetof(RuleCounts, elsewhere), bpf::Alu64Imm(BPF_ADD, 1, 1));
  out.Jump(leave);
  out.Place(taken);
  AddTo(&out, offsetof(RuleCounts, packets), bpf::Alu64Imm(BPF_ADD, 1, 1));
  AddTo(&out, offsetof(RuleCounts, bytes), bpf::Alu64(BPF_ADD, 1, 8));
  out.Place(leave);
  out.Emit(bpf::MovReg(0, 7));
  out.Emit(bpf::Exit());
}

}  // namespace rxb::steer
