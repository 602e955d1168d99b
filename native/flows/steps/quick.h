// Actions of one step on packets of the commonest kind, executed without the loop over steps.
#pragma once
#include "rewrite.h"

namespace rxb {

// False: nothing was done, and ExecuteSteps() has to.
__attribute__((always_inline)) inline bool ExecuteQuick(const Action &a, const ParsedPacket &p, uint8_t *data,
                                                        uint64_t param) {
  const Step &step = a.step[0];
  if (a.quick == Quick::kMacs) {
    if (p.lacks & kLacksMac) return false;
    memcpy(data, step.bytes, rewrite::kMacsBytes);
    return true;
  }
  if (p.lacks | (p.flags & kHandlersWay) | (p.family ^ 4)) return false;
  if (p.protocol != kProtocolUdp && p.protocol != kProtocolTcp) return false;
  uint8_t address[4], port[2];
  if (step.param) {
    const uint32_t swapped = __builtin_bswap32(static_cast<uint32_t>(param >> 16));
    memcpy(address, &swapped, sizeof address);
    Store16(port, static_cast<uint32_t>(param));
  } else {
    memcpy(address, step.bytes, sizeof address);
    Store16(port, step.number);
  }
  rewrite::SetEndpoint(data + p.l3, data + p.l4, 4, p.protocol,
                       a.quick == Quick::kDnat ? rewrite::End::kDestination : rewrite::End::kSource, address, port);
  return true;
}

}  // namespace rxb
