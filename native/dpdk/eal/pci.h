// PCI network devices as sysfs shows them, and whether DPDK can take one as it is bound now.
#pragma once
#include <string>

#include "../../abi/status.h"

namespace rxb::dpdk {

// dddd:bb:dd.f
bool IsPciAddress(const std::string &name);
// dpdk-devbind.py and lspci leave the domain away where it is 0.
std::string WholeAddress(const std::string &name);
// The kernel's driver on the device, or an empty string.
std::string PciDriver(const std::string &address);
// A device that DPDK can't take as it is bound now is named together with the command, which is the user's to give.
Status CheckPci(const char *port, const std::string &address, bool *physical_iova);

}  // namespace rxb::dpdk
