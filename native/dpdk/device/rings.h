// net_ring devices that are wired to each other: dpdk:net_ring0,peer=net_ring1. DPDK itself can only loop one back to
// itself.
#pragma once
#include <string>

#include "../../abi/status.h"

namespace rxb::dpdk {

// Makes the device, sending to its peer's rings and receiving from its own; the peer may come later.
Status MakeRingDevice(const char *port, const std::string &device, const std::string &peer, uint16_t *port_id);
// The name of the virtual device that DPDK makes for it.
std::string RingVdev(const std::string &device);
// Frees what lies in the rings that this device receives from, and what it sent to a peer that does not read.
void DrainRings(const std::string &device, bool peer_reads);
// The device is gone: rings that no device uses are freed.
void ForgetRings(const std::string &device);

}  // namespace rxb::dpdk
