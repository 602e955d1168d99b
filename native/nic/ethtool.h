// What a NIC can be told by ethtool ioctls: n-tuple rules, RSS table, channels, offload flags.
#pragma once
#include <linux/ethtool.h>

#include <string>
#include <vector>

#include "../abi/status.h"

namespace rxb::ethtool {

// Every call opens its own socket in the caller's network namespace. errno EOPNOTSUPP comes back as kNotSupported.

// Puts a rule for queue `queue` where the driver wants it, or, as ethtool(8) does, into the last free place; returns
// where.
Status InsertRule(const char *interface, ethtool_rx_flow_spec rule, uint32_t *location);
Status DeleteRule(const char *interface, uint32_t location);
Status ListRules(const char *interface, std::vector<ethtool_rx_flow_spec> *rules);

// The RSS table: queue by hash bucket. An empty table sets the driver's default.
Status GetRss(const char *interface, std::vector<uint32_t> *table);
Status SetRss(const char *interface, const std::vector<uint32_t> &table);

struct Channels {
  uint32_t rx, tx, combined, rx_max, tx_max, combined_max;
};
Status GetChannels(const char *interface, Channels *channels);
Status SetChannels(const char *interface, const Channels &channels);

// ETH_FLAG_LRO, ETH_FLAG_RXVLAN, ETH_FLAG_NTUPLE …
Status GetFlags(const char *interface, uint32_t *flags);
Status SetFlags(const char *interface, uint32_t flags);

// Everything that `ethtool -k` lists, by the kernel's names.
struct Feature {
  std::string name;
  bool on, fixed;  // fixed: nobody can change it
};
Status GetFeatures(const char *interface, std::vector<Feature> *features);

// Everything that `ethtool -S` lists, by the driver's names.
struct Statistic {
  std::string name;
  uint64_t value;
};
Status GetStatistics(const char *interface, std::vector<Statistic> *statistics);

}  // namespace rxb::ethtool
