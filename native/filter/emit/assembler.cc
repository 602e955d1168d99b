// Gives the jumps their distances, once it is known which instructions are reached.
#include "assembler.h"

namespace rxb::steer {

bool Assembler::Finish(bpf::Code *code) {
  std::vector<int64_t> jump_to(code_.size(), -1);
  for (auto [at, label] : jumps_) jump_to[at] = places_[label];
  // The verifier wants no instruction that can't be reached: find those that can.
  std::vector<bool> reached(code_.size());
  std::vector<size_t> open{0};
  while (!open.empty()) {
    size_t at = open.back();
    open.pop_back();
    if (at >= code_.size() || reached[at]) continue;
    reached[at] = true;
    const bpf_insn &in = code_[at];
    bool leaves = in.code == (BPF_JMP | BPF_EXIT), wide = in.code == (BPF_LD | BPF_DW | BPF_IMM);
    if (wide) reached[at + 1] = true;
    if (jump_to[at] >= 0) open.push_back(jump_to[at]);
    if (!leaves && !(jump_to[at] >= 0 && in.code == (BPF_JMP | BPF_JA))) open.push_back(at + (wide ? 2 : 1));
  }
  std::vector<int64_t> place(code_.size() + 1);
  for (size_t at = 0; at < code_.size(); at++) place[at + 1] = place[at] + reached[at];
  for (size_t at = 0; at < code_.size(); at++) {
    if (!reached[at]) continue;
    if (jump_to[at] >= 0) {
      int64_t distance = place[jump_to[at]] - place[at] - 1;
      if (distance < 0 || distance > 0x7fff) return false;
      code_[at].off = static_cast<int16_t>(distance);
    }
    code->push_back(code_[at]);
  }
  return true;
}

}  // namespace rxb::steer
