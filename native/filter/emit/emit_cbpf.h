// From the graph of rules to one classic BPF program, as SO_ATTACH_FILTER takes it: `packet:` and `socket:` ports.
#pragma once
#include "../graph/graph.h"

namespace rxb::steer {

// What a classic program answers: the first rule that matches decides, nobody's packets are not taken.
struct ClassicRequest {
  const std::vector<const Filter *> *filters;
  const std::vector<bool> *take;  // per filter; false: leave such packets to the kernel
  // The kernel takes the outer VLAN tag off before a packet socket's filter runs. With this, the program asks for the
  // tag and answers for the packet as it was on the wire, which is what the socket's reader puts together again.
  bool tags_apart;
};

// Each layer's oddities are settled here: the kernel's filter would shift by X modulo 32 and read kernel areas at
// offsets beyond 2^31; what an expression means is what libpcap's interpreter makes of it.
Status BuildClassic(const ClassicRequest &request, std::vector<sock_filter> *code);

// A graph of one rule as a filter's code, as libpcap would have made it. False if that is too large for a socket.
bool EmitClassic(const Graph &graph, std::vector<sock_filter> *code);
constexpr uint32_t kSocketNodesWanted = BPF_MAXINSNS / 3;  // some three instructions each

}  // namespace rxb::steer
