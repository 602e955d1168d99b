// What the kernel says a driver's XDP can do (netdev netlink family, kernel 6.3).
#pragma once
#include "../abi/status.h"

namespace rxb::steer {

// Bits of enum netdev_xdp_act.
constexpr uint64_t kXdpBasic = 1, kXdpRedirect = 2, kXdpZeroCopy = 8, kXdpFragments = 32;

// Bits of enum netdev_xdp_rx_metadata.
constexpr uint64_t kXdpTimestamp = 1, kXdpHash = 2, kXdpVlanTag = 4;

// False where the kernel has no such family, or no such interface: then nobody knows. `metadata`: what the driver can
// tell of a packet; none before kernel 6.7.
bool XdpFeatures(uint32_t ifindex, uint64_t *features, uint64_t *metadata = nullptr);

}  // namespace rxb::steer
