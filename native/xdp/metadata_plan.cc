// Which columns an XDP program can write on an interface, and by which of the kernel's functions.
#include "../bpf/btf.h"
#include "../nic/features.h"
#include "metadata.h"

namespace rxb::steer {

uint32_t MetadataColumns(uint32_t ifindex, bool generic, bool device_clock) {
  uint64_t features = 0, metadata = 0;
  bool known = XdpFeatures(ifindex, &features, &metadata);
  if (generic || (known && !(features & kXdpBasic))) return device_clock ? 0 : uint32_t{kColumn_timestamp};
  // A driver that answers no question may have no room in front of its packets either, and there is no asking.
  if (!metadata || access(kKernelBtf, R_OK)) return 0;
  uint32_t columns = 0;
  if (metadata & kXdpHash) columns |= kColumn_hash;
  if (metadata & kXdpVlanTag) columns |= kColumn_vlan;
  if (!device_clock || metadata & kXdpTimestamp) columns |= kColumn_timestamp;
  return columns;
}

Status PlanMetadata(uint32_t columns, bool device_clock, uint32_t ifindex, Metadata *metadata) {
  *metadata = {};
  metadata->columns = columns;
  metadata->device_clock = device_clock;
  const char *names[3];
  int32_t *places[3], ids[3];
  uint32_t count = 0;
  auto want = [&](const char *name, int32_t *place) { names[count] = name, places[count++] = place; };
  if (columns & kColumn_hash) want("bpf_xdp_metadata_rx_hash", &metadata->hash);
  if (columns & kColumn_vlan) want("bpf_xdp_metadata_rx_vlan_tag", &metadata->vlan);
  if (columns & kColumn_timestamp && device_clock) want("bpf_xdp_metadata_rx_timestamp", &metadata->timestamp);
  if (!count) return {};
  RXB_TRY(FindKernelFunctions(names, count, ids));
  for (uint32_t i = 0; i < count; i++) *places[i] = ids[i];
  metadata->bound_to = ifindex;
  return {};
}

}  // namespace rxb::steer
