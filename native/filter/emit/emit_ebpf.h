// From the graph of rules to eBPF instructions for XDP, in a form that the kernel's verifier follows.
#pragma once
#include "../graph/graph.h"
#include "assembler.h"

namespace rxb::steer {

// How packet bytes are reached.
enum class Access : uint8_t {
  kDirect,     // through packet pointers; a variable offset needs CAP_PERFMON
  kHelper,     // variable offsets through bpf_xdp_load_bytes (kernel 5.18): CAP_BPF is enough
  kFragments,  // everything through it, for packets in several buffers
  kMbuf,       // DPDK's own BPF: by LD_ABS and LD_IND from the mbuf in kContext, whose length the caller has put into
               // kLength
};

// Registers that the matcher keeps for its caller.
constexpr uint8_t kContext = 6, kData = 7, kDataEnd = 8;
constexpr uint8_t kLength = 9;  // not with Access::kDirect

// Emits the matcher: reads the context in kContext, jumps to rules[i] when rule i is the first that matches, else to
// `nobody`. Uses every register but kContext and the whole stack; on the way out kData and kDataEnd point to the
// packet's ends. False if the graph is too complex for this kind of access.
bool EmitMatcher(const Graph &graph, Access access, const std::vector<Assembler::Label> &rules, Assembler::Label nobody,
                 Assembler *out);

}  // namespace rxb::steer
