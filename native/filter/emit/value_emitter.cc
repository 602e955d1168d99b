// Emits the instructions that put values of the graph into registers.
#include "value_emitter.h"

namespace rxb::steer {

namespace {

uint8_t SizeOf(uint8_t bytes) { return bytes == 1 ? BPF_B : bytes == 2 ? BPF_H : BPF_W; }

}  // namespace

// Puts the value into R0.
void ValueEmitter::Evaluate(Id id, uint32_t depth) {
  const Value value = graph_.values[id];
  switch (value.kind) {
    case Value::kConst:
      out_.Emit(bpf::Insn(BPF_ALU | BPF_MOV | BPF_K, 0, 0, 0, static_cast<int32_t>(value.k)));
      break;
    case Value::kLength:
      out_.Emit(bpf::MovReg(0, access_ == Access::kDirect ? kDataEnd : kLength));
      if (access_ == Access::kDirect) out_.Emit(bpf::Alu64(BPF_SUB, 0, kData));
      break;
    case Value::kLoad: {
      uint8_t reg = LoadRaw(id, depth);
      if (reg != 0) out_.Emit(bpf::MovReg(0, reg));
      if (value.op > 1 && access_ != Access::kMbuf)
        out_.Emit(bpf::Insn(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 8 * value.op));
      break;
    }
    case Value::kAlu:
      EvaluateAlu(value, depth);
      break;
  }
}

void ValueEmitter::EvaluateAlu(const Value &value, uint32_t depth) {
  if (value.op == BPF_NEG) {
    Evaluate(value.a, depth);
    return out_.Emit(bpf::Insn(BPF_ALU | BPF_NEG, 0, 0, 0, 0));
  }
  bool shift = value.op == BPF_LSH || value.op == BPF_RSH;
  const Value &right = graph_.values[value.b];
  if (right.kind == Value::kConst) {
    if (shift && right.k > 31) return out_.Emit(bpf::MovImm(0, 0));
    Evaluate(value.a, depth);
    return out_.Emit(bpf::Insn(BPF_ALU | value.op | BPF_K, 0, 0, 0, static_cast<int32_t>(right.k)));
  }
  EvaluateTwo(value.a, value.b, depth);
  if (!shift) return out_.Emit(bpf::Insn(BPF_ALU | value.op | BPF_X, 0, 1, 0, 0));
  // The machine looks at the lowest five bits only; libpcap's interpreter shifts everything out.
  Label small = out_.NewLabel(), done = out_.NewLabel();
  BranchTo(BPF_JLT, 1, 32, small);
  out_.Emit(bpf::MovImm(0, 0));
  out_.Jump(done);
  out_.Place(small);
  out_.Emit(bpf::Insn(BPF_ALU | value.op | BPF_X, 0, 1, 0, 0));
  out_.Place(done);
}

// Puts a into R0 and b into R1.
void ValueEmitter::EvaluateTwo(Id a, Id b, uint32_t depth) {
  if (depth >= kSpillsMax) failed_ = true;
  if (failed_) return;
  int16_t slot = static_cast<int16_t>(kSpills - 8 * static_cast<int>(depth + 1));
  Evaluate(b, depth);
  out_.Emit(bpf::Store(BPF_DW, kFrame, slot, 0));
  Evaluate(a, depth + 1);
  out_.Emit(bpf::Load(BPF_DW, 1, kFrame, slot));
}

// Loads packet bytes as they lie there; returns the register, R0 or the one that is kept for them.
uint8_t ValueEmitter::LoadRaw(Id id, uint32_t depth) {
  const Value &load = graph_.values[id];
  if (now_ & CachedBit(id)) return cached_.at(id);
  uint8_t to = CachedBit(id) ? cached_.at(id) : 0;
  now_ |= CachedBit(id);
  if (access_ == Access::kFragments || (access_ == Access::kHelper && load.a != kNone)) {
    Fetch(load, depth);
    return to;
  }
  if (access_ == Access::kMbuf) {
    if (load.a != kNone) Evaluate(load.a, depth);
    out_.Emit(bpf::Insn(BPF_LD | SizeOf(load.op) | (load.a == kNone ? BPF_ABS : BPF_IND), 0, 0, 0,
                        static_cast<int32_t>(load.k)));
    return 0;
  }
  uint8_t from = kData;
  // whoever asks for bytes has asked for their bounds
  if (load.a != kNone && !(now_ & PointerBit(load.a))) failed_ = true;
  if (failed_) return to;
  if (load.a != kNone) from = PointerTo(load.a, kNobody);
  int16_t offset = static_cast<int16_t>(load.k);
  if (load.k > 0x7fff) {
    out_.Emit(bpf::MovReg(2, from));
    out_.Emit(bpf::Alu64Imm(BPF_ADD, from = 2, static_cast<int32_t>(load.k)));
    offset = 0;
  }
  out_.Emit(bpf::Load(SizeOf(load.op), to, from, offset));
  return to;
}

void ValueEmitter::Fetch(const Value &load, uint32_t depth) {
  if (load.a == kNone)
    out_.Emit(bpf::MovImm(2, static_cast<int32_t>(load.k)));
  else
    Evaluate(load.a, depth), out_.Emit(bpf::MovReg(2, 0)),
        out_.Emit(bpf::Alu64Imm(BPF_ADD, 2, static_cast<int32_t>(load.k)));
  out_.Emit(bpf::MovReg(1, kContext));
  out_.Emit(bpf::MovReg(3, kFrame));
  out_.Emit(bpf::Alu64Imm(BPF_ADD, 3, kFetched));
  out_.Emit(bpf::MovImm(4, load.op));
  out_.Emit(bpf::Helper(BPF_FUNC_xdp_load_bytes));
  out_.Emit(bpf::Load(SizeOf(load.op), 0, kFrame, kFetched));
}

// A register that points to the packet's byte `part`; made here unless it is there already.
uint8_t ValueEmitter::PointerTo(Id part, Target beyond) {
  bool in_register = pointers_.at(part) == 0;
  uint8_t pointer = in_register ? kPointer : 1;
  if (now_ & PointerBit(part)) {
    if (!in_register) out_.Emit(bpf::Load(BPF_DW, pointer, kFrame, PointerSlot(part)));
    return pointer;
  }
  Evaluate(part, 0);
  // The verifier wants to know that pointer and offset together stay below 64 KiB.
  uint32_t most = kPacketMaxBytes - ends_.at(part);
  if (!SeenSmall(part, most)) {
    out_.Emit(bpf::Insn(BPF_ALU | BPF_MOV | BPF_X, 0, 0, 0, 0));  // shows that the upper half is 0
    Reaches(beyond, now_);
    out_.Branch(BPF_JMP | BPF_JGT | BPF_K, 0, 0, static_cast<int32_t>(most), LabelOf(beyond));
  }
  out_.Emit(bpf::MovReg(pointer, kData));
  out_.Emit(bpf::Alu64(BPF_ADD, pointer, 0));
  if (!in_register) out_.Emit(bpf::Store(BPF_DW, kFrame, PointerSlot(part), pointer));
  now_ |= PointerBit(part);
  return pointer;
}

// Will the verifier see by itself that the value is at most that?
bool ValueEmitter::SeenSmall(Id id, uint32_t most) const {
  const Value &value = graph_.values[id];
  if (value.kind == Value::kConst) return value.k <= most;
  if (value.kind != Value::kAlu || value.b == kNone || graph_.values[value.b].kind != Value::kConst) return false;
  if (value.op == BPF_AND) return graph_.values[value.b].k <= most;
  return value.op == BPF_LSH && MaxOf(graph_, id) <= most && SeenSmall(value.a, most);
}

}  // namespace rxb::steer
