// From the graph of rules to eBPF instructions for XDP, in a form that the kernel's verifier follows.
#pragma once
#include "../bpf/bpf.h"
#include "graph.h"

namespace rxb::steer {

// How packet bytes are reached.
enum class Access : uint8_t {
  kDirect,     // through packet pointers; a variable offset needs CAP_PERFMON
  kHelper,     // variable offsets through bpf_xdp_load_bytes (kernel 5.18): CAP_BPF is enough
  kFragments,  // everything through it, for packets in several buffers
  kMbuf,       // DPDK's own BPF: by LD_ABS and LD_IND from the mbuf in kContext, whose length the caller has put into kLength
};

// Registers that the matcher keeps for its caller.
constexpr uint8_t kContext = 6, kData = 7, kDataEnd = 8;
constexpr uint8_t kLength = 9;  // not with Access::kDirect

// Assembles with labels; jumps go forward.
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
  // Resolves the jumps and drops what is never reached; false if a jump is too far for its 16 bits.
  bool Finish(bpf::Code *code);

 private:
  bpf::Code code_;
  std::vector<int64_t> places_;
  std::vector<std::pair<size_t, Label>> jumps_;
};

// Emits the matcher: reads the context in kContext, jumps to rules[i] when rule i is the first that matches, else to `nobody`.
// Uses every register but kContext and the whole stack; on the way out kData and kDataEnd point to the packet's ends.
// False if the graph is too complex for this kind of access.
bool EmitMatcher(const Graph &graph, Access access, const std::vector<Assembler::Label> &rules, Assembler::Label nobody, Assembler *out);

}  // namespace rxb::steer
