// Whether an interface takes frames from XDP: XDP_TX and redirects are lost in silence where a veth's peer has no NAPI.
#pragma once
#include "../../nic/netdev.h"

namespace rxb::steer {

// Sends one frame out of the interface as a redirect would, and looks at what the driver counted. True for drivers
// other than veth's, which have no such trap. Needs CAP_BPF and CAP_NET_ADMIN.
bool TakesXdpFrames(const Netdev &);

}  // namespace rxb::steer
