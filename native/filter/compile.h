// Filter expressions in tcpdump's language, compiled by the system's libpcap to classic BPF.
#pragma once
#include <linux/filter.h>

#include <string>
#include <vector>

#include "../abi/status.h"

namespace rxb::steer {

// A compiled expression. The empty one matches every packet.
struct Filter {
  std::string expression;
  std::vector<sock_filter> code;
};

// Fails with kSteer, naming the part, when libpcap or the rules in vet.h refuse the expression.
Status Compile(const char *expression, Filter *filter);

// libpcap's own interpreter, the yardstick of every other layer. `wire_bytes` is what `len` means.
bool MatchInterpreted(const Filter &filter, const uint8_t *packet, uint32_t wire_bytes, uint32_t captured_bytes);

}  // namespace rxb::steer
