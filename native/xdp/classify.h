// A bifurcated queue in software: a veth end that sends one UDP flow to a queue of its peer's and the rest to queue 0.
#pragma once
#include "../abi/status.h"

namespace rxb {

// `netns`: path of the network namespace that holds `interface`, which has a clsact qdisc already.
Status ClassifyUdp(const char *netns, const char *interface, uint16_t port, uint16_t queue, const char *name);

}  // namespace rxb
