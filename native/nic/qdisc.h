// Queueing disciplines (tc) of an interface: what is there, and the ingress one that DPDK's net_tap leaves behind.
#pragma once
#include <string>

#include "../abi/status.h"

namespace rxb {

// Those that somebody has put there, as tc shows them ("ingress ffff:, tbf 1:"); empty where there are the kernel's own
// only.
Status ListQdiscs(const char *interface, std::string *list);

// Takes the ingress qdisc away, with filters that redirect to a tap or to an interface that is gone. Fails where it has
// others.
Status DeleteIngress(const char *interface);

}  // namespace rxb
