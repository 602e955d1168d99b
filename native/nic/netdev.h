// A kernel interface looked up by name in this network namespace: what every backend over the kernel asks first.
#pragma once
#include <net/if.h>

#include "../abi/status.h"

namespace rxb {

struct Netdev {
  char name[IFNAMSIZ] = "";  // the kernel's, also when an alternative name was asked for
  uint32_t index = 0;
  uint32_t mtu = 0;  // bytes above the link-layer header
  uint8_t mac[6] = {};
  bool has_mac = false;
  bool up = false;       // set up by the administrator
  bool carrier = false;  // and the link is there
  uint16_t type = 0;     // ARPHRD_…
  uint32_t rx_queues = 1;
  uint32_t tx_queues = 1;
  uint32_t speed_mbps = 0;  // 0: the driver does not say
  bool full_duplex = true;
  uint32_t link_changes = 0;  // how often the carrier came or went
  char driver[32] = "";
  bool xdp_generic = false;  // it runs in the kernel's generic hook, not in the driver
  uint32_t xdp_program = 0;  // id of the XDP program attached, 0: none
};

// Needs no privilege. ERR_NO_INTERFACE names the nearest interfaces that exist.
Status FindNetdev(const char *name, Netdev *out);
// The same by the kernel's number.
Status FindNetdev(uint32_t index, Netdev *out);

// The link as JSON, as Backend::describe wants it: "null" for anything beyond it. An interface that is not there any
// more is down; 0 names none.
uint32_t DescribeLink(uint32_t index, bool link_only, char *json, uint32_t size);

// The clock that the device stamps packets by: "/dev/ptp0", or "device" where nobody can read it.
void NameDeviceClock(const char *name, char *clock, size_t bytes);

// A descriptor as long as which is open the interface receives what is addressed to others too, or -1 with errno. The
// kernel counts them, so closing it, or the end of the process, leaves the interface as it was.
int HoldPromiscuous(uint32_t index);

}  // namespace rxb
