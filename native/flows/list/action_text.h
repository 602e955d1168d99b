// The steps of an action as a person reads them: "dnat(10.0.0.7:8080), ttl, tx(1)".
#pragma once
#include "../action.h"

namespace rxb {

constexpr uint32_t kActionTextMax = 768;  // bytes, the 0 at its end too

// Parts that the parameter of each flow fills are named in braces: {ip}, {port}, {mac}, {tci}. How many bytes it wrote,
// without the 0 at the end.
uint32_t ActionText(const Action &, char text[kActionTextMax]);

}  // namespace rxb
