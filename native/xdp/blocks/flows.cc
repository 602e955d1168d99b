// The instructions of the block of flows.
#include "flows.h"

#include "flow_reader.h"
#include "flow_steps.h"

namespace rxb::steer {

using flows_block::kRule, flows_block::kStack;

std::vector<int> FlowsBlock::maps() const {
  std::vector<int> all;
  for (const FlowMaps *table : tables_) {
    const FlowDescriptors &fds = table->descriptors();
    for (int fd : {fds.words, fds.slots, fds.keys4, fds.keys6, fds.targets})
      if (fd >= 0) all.push_back(fd);
  }
  return all;
}

// Ends the packet with its flow's verdict in R7, or goes to `worker`.
void FlowsBlock::EmitLookup(Emission *e, Assembler::Label worker) const {
  using namespace flows_block;
  const bool direct = e->access == Access::kDirect && !e->fragments;
  const Buffers buffers = !e->fragments                  ? Buffers::kOne
                          : e->access == Access::kDirect ? Buffers::kCompared
                                                         : Buffers::kUnknown;
  Assembler &out = *e->out;
  Assembler::Label done = out.NewLabel();
  for (const FlowMaps *table : tables_) {
    Assembler::Label next = out.NewLabel(), steps = out.NewLabel();
    Reader reader{out, table->request(), table->descriptors(), next, worker};
    reader.Begin();
    if (reader.request.shape == FlowShape::kMac)
      reader.LookupMac();
    else
      reader.LookupIp();
    reader.FindSlot();
    out.Emit(bpf::Load(BPF_H, 1, kSlot, AsOffset(offsetof(DriverSlot, steps))));
    out.Branch(BPF_JMP | BPF_JNE | BPF_K, 1, 0, 0, steps);
    reader.Length(direct);
    out.Emit(bpf::Load(BPF_W, 2, kWord, AsOffset(offsetof(FlowQueueWord, now))));
    reader.Count();
    out.Emit(bpf::Load(BPF_B, 7, kSlot, AsOffset(offsetof(DriverSlot, verdict))));
    out.Emit(bpf::Alu64Imm(BPF_AND, 7, 3));
    out.Jump(done);
    out.Place(steps);
    FlowSteps(reader, buffers).Emit(direct);
    out.Jump(done);
    out.Place(next);
  }
  out.Jump(worker);
  out.Place(done);
}

void FlowsBlock::Emit(Emission *e) const {
  if (counted_) return;
  Assembler &out = *e->out;
  Assembler::Label worker = out.NewLabel();
  out.Emit(bpf::MovReg(kContext, 1));
  EmitLookup(e, worker);
  out.Emit(bpf::MovReg(0, 7));
  out.Emit(bpf::Exit());
  out.Place(worker);
  out.Emit(bpf::MovReg(1, kContext));
}

// The rule's slot is in R1. What the matcher left in registers is made again for those who come behind.
void FlowsBlock::Land(Emission *e) const {
  if (!counted_) return;
  Assembler &out = *e->out;
  Assembler::Label worker = out.NewLabel();
  out.Place(e->take);
  out.Emit(bpf::Store(BPF_W, kStack, kRule, 1));
  EmitLookup(e, worker);
  out.Emit(bpf::Load(BPF_W, 1, kStack, kRule));
  out.Emit(bpf::Store(BPF_W, kStack, kKeySlot, 1));
  out.Emit(bpf::MovImm(9, XDP_REDIRECT));  // it counts as a packet that was taken
  out.Jump(e->count);
  out.Place(worker);
  if (e->access != Access::kDirect) {
    out.Emit(bpf::MovReg(1, kContext));
    out.Emit(bpf::Helper(BPF_FUNC_xdp_get_buff_len));
    out.Emit(bpf::MovReg(kLength, 0));
  }
  out.Emit(bpf::Load(BPF_W, kData, kContext, offsetof(xdp_md, data)));
  out.Emit(bpf::Load(BPF_W, kDataEnd, kContext, offsetof(xdp_md, data_end)));
  out.Emit(bpf::Load(BPF_W, 1, kStack, kRule));
  out.Jump(e->socket);
}

}  // namespace rxb::steer
