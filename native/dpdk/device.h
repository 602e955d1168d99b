// From what the user typed to an ethdev, and where DPDK's drivers lie.
#pragma once
#include <string>

#include "../backend.h"

namespace rxb::dpdk {

struct DpdkPort;

// Finds or makes the device and fills in what it is.
Status ProbeDevice(const PortRequest &, DpdkPort *);
void RemoveDevice(DpdkPort *);
// Takes a stopped virtual device out and in again, as it was.
Status ReplugDevice(DpdkPort *);
// The folder that EAL loads drivers from, with the slash.
std::string DriverFolder();

}  // namespace rxb::dpdk
