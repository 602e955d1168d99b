// Filter expressions in tcpdump's language, compiled by the system's libpcap to classic BPF.
#pragma once
#include <linux/filter.h>

#include <string>
#include <vector>

#include "../abi/status.h"

namespace rxb::steer {

// What a filter that reads ports says of fragments, of which only the first has any (fragments.h).
enum class Fragments : uint8_t {
  kAsLibpcap,  // the first matches by its ports, the others don't match
  kLeave,      // none matches
  kTake,       // those match whose datagram might
};

// A compiled expression. The empty one matches every packet.
struct Filter {
  std::string expression;
  std::vector<sock_filter> code;
  // libpcap's own, which is right for packets that are no fragments; empty: `code` is
  std::vector<sock_filter> whole = {};
  bool takes_fragments = false;  // of whose ports nobody knows

  const std::vector<sock_filter> &ForWholePackets() const { return whole.empty() ? code : whole; }
};

// Fails with kSteer, naming the part, when libpcap or the rules in validate.h refuse the expression.
Status Compile(const char *expression, Filter *filter, Fragments fragments = Fragments::kAsLibpcap);

// Makes a filter of what Compile() has made elsewhere in the process, with another meaning for fragments. libpcap's
// compiler is not called.
Status FromCompiled(const char *expression, const sock_filter *code, uint32_t code_count, Fragments, Filter *);

// How often libpcap's compiler was called: by this module of the process.
uint32_t PcapCompiles();

// libpcap's own interpreter, the yardstick of every other layer. `wire_bytes` is what `len` means.
bool MatchInterpreted(const Filter &filter, const uint8_t *packet, uint32_t wire_bytes, uint32_t captured_bytes);

}  // namespace rxb::steer
