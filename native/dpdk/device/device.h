// From what the user typed to an ethdev, and where DPDK's drivers lie.
#pragma once
#include <string>

#include "../../core/backend.h"

namespace rxb::dpdk {

struct DpdkPort;

// Finds or makes the device and fills in what it is.
Status ProbeDevice(const PortRequest &, DpdkPort *);
void RemoveDevice(DpdkPort *);
// Takes a stopped virtual device out and in again, as it was.
Status ReplugDevice(DpdkPort *);
// Backend::writes_ingress: beside its interface, net_tap writes on the one that `remote` names.
bool WritesIngress(const char *device, char *interface, uint32_t size);
// The folder that EAL loads drivers from, with the slash.
std::string DriverFolder();

}  // namespace rxb::dpdk
