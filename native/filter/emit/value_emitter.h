// The part of the eBPF emitter that puts values of the graph into registers: packet bytes, lengths, and what is
// computed from them.
#pragma once
#include <unordered_map>
#include <vector>

#include "emit_ebpf.h"

namespace rxb::steer {

// R0, R1 and R2 are temporary.
constexpr uint8_t kCached[] = {3, 4, 5};  // one often used load each, as it lies in the packet
constexpr uint8_t kPointer = 9;           // Access::kDirect: the packet pointer with the first variable part
constexpr uint8_t kFrame = 10;

// The stack: packet pointers, then intermediate results, then what bpf_xdp_load_bytes fetched.
constexpr uint32_t kPointersMax = 32, kSpillsMax = 30;
constexpr int16_t kSpills = -8 * static_cast<int>(kPointersMax), kFetched = -512;

// Knows where the code being emitted stands: which registers hold something there, and what each node can rely on.
class ValueEmitter {
 protected:
  using Label = Assembler::Label;
  ValueEmitter(const Graph &graph, Access access, const std::vector<Label> &rules, Label nobody, Assembler *out)
      : graph_(graph), access_(access), rules_(rules), nobody_(nobody), out_(*out) {}

  // Puts the value into R0.
  void Evaluate(Id id, uint32_t depth);
  // Puts a into R0 and b into R1.
  void EvaluateTwo(Id a, Id b, uint32_t depth);
  // Loads packet bytes as they lie there; returns the register, R0 or the one that is kept for them.
  uint8_t LoadRaw(Id id, uint32_t depth);
  // A register that points to the packet's byte `part`; made here unless it is there already.
  uint8_t PointerTo(Id part, Target beyond);

  Label LabelOf(Target target) const {
    if (target == kNobody) return nobody_;
    return target & kLeaf ? rules_[target & ~kLeaf] : labels_[target];
  }

  // Registers that hold what they are kept for, as bits: one per cached load, then one per variable part.
  uint64_t CachedBit(Id load) const { return cached_.count(load) ? uint64_t{1} << (cached_.at(load) - kCached[0]) : 0; }
  uint64_t PointerBit(Id part) const {
    auto found = pointers_.find(part);
    return found == pointers_.end() ? 0 : uint64_t{1} << (sizeof kCached + found->second);
  }
  int16_t PointerSlot(Id part) const {
    return static_cast<int16_t>(-8 * static_cast<int>(pointers_.at(part)));
  }  // the first is in kPointer

  void Reaches(Target target, uint64_t available) {
    if (target < available_.size()) available_[target] &= available;
  }
  // Compares 32 bits. DPDK has only jumps on 64: the upper half is 0 there too, but a constant must not bring its sign
  // along.
  void BranchTo(uint8_t operation, uint8_t dst, uint32_t k, Label to) {
    if (access_ != Access::kMbuf)
      return out_.Branch(BPF_JMP32 | operation | BPF_K, dst, 0, static_cast<int32_t>(k), to);
    if (k <= 0x7fffffff) return out_.Branch(BPF_JMP | operation | BPF_K, dst, 0, static_cast<int32_t>(k), to);
    out_.Emit(bpf::Insn(BPF_ALU | BPF_MOV | BPF_K, 2, 0, 0, static_cast<int32_t>(k)));
    out_.Branch(BPF_JMP | operation | BPF_X, dst, 2, 0, to);
  }
  uint8_t JumpClass() const { return access_ == Access::kMbuf ? BPF_JMP : BPF_JMP32; }

  const Graph &graph_;
  Access access_;
  const std::vector<Label> &rules_;
  Label nobody_;
  Assembler &out_;
  bool failed_ = false;
  uint64_t now_ = 0;                           // CachedBit() and PointerBit() of the registers that are loaded here
  std::vector<Label> labels_;                  // of each node
  std::vector<uint64_t> available_;            // the same bits, as every way to that node leaves them
  std::unordered_map<Id, uint8_t> cached_;     // load -> its register
  std::unordered_map<Id, uint32_t> pointers_;  // variable part -> its number
  std::unordered_map<Id, uint32_t> ends_;      // variable part -> the farthest byte behind it that is read

 private:
  bool SeenSmall(Id id, uint32_t most) const;
  void EvaluateAlu(const Value &value, uint32_t depth);
  void Fetch(const Value &load, uint32_t depth);
};

}  // namespace rxb::steer
