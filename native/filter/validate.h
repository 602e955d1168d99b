// What an expression may not say, because it can't mean the same in every layer that executes it.
#pragma once
#include <linux/filter.h>

#include <vector>

#include "../abi/status.h"

namespace rxb::steer {

// Before libpcap sees the words: loops, names that need a resolver, the direction of a packet.
Status ValidateWords(const char *expression);

// What libpcap made of them: backward jumps, loads from the kernel's ancillary area, undefined shifts.
Status ValidateCode(const char *expression, const std::vector<sock_filter> &code);

}  // namespace rxb::steer
