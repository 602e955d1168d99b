// Assembles eBPF instructions with labels for the jumps between them.
#pragma once
#include "../../bpf/bpf.h"

namespace rxb::steer {

// Jumps go forward only.
class Assembler {
 public:
  using Label = uint32_t;
  Label NewLabel() { return places_.push_back(-1), places_.size() - 1; }
  void Place(Label label) { places_[label] = code_.size(); }
  void Emit(const bpf_insn &instruction) { code_.push_back(instruction); }
  void Jump(Label to) { Branch(BPF_JMP | BPF_JA, 0, 0, 0, to); }
  // `code`: class, operation and source of a jump, in the kernel's constants.
  void Branch(uint8_t code, uint8_t dst, uint8_t src, int32_t imm, Label to) {
    jumps_.push_back({code_.size(), to});
    Emit(bpf::Insn(code, dst, src, 0, imm));
  }
  void LoadMap(uint8_t dst, int map) { bpf::LoadMap(code_, dst, map); }
  size_t size() const { return code_.size(); }  // instructions emitted so far
  // Resolves the jumps and drops what is never reached; false if a jump is too far for its 16 bits.
  bool Finish(bpf::Code *code);

 private:
  bpf::Code code_;
  std::vector<int64_t> places_;
  std::vector<std::pair<size_t, Label>> jumps_;
};

}  // namespace rxb::steer
