// Rules in hardware by ethtool's n-tuple interface (ethtool(8), "-N"): the kernel's struct ethtool_rx_flow_spec is
// known here and in nic/ethtool.
#pragma once
#include <linux/ethtool.h>

#include "flow_offload.h"

namespace rxb::offload {

// A rule has one queue. The places are the NIC's own, which others use too.
class NtupleOffload : public FlowOffload {
 public:
  explicit NtupleOffload(std::string interface) : interface_(std::move(interface)) {}
  std::string Text(const FlowRule &) const override;
  // The spec's bytes without its place, hexadecimal: stands in journals, so it stays as it is.
  std::string Key(const FlowRule &) const override;
  Status Add(const FlowRule &, uint32_t *place) override;
  Status Remove(const std::string &key, uint32_t place) override;

  // Where the NIC has rules with that key, somebody else's among them.
  Status Places(const std::string &key, std::vector<uint32_t> *places) const;
  // All rules of the NIC.
  struct Listed {
    std::string key;
    uint32_t place, queue;
  };
  Status List(std::vector<Listed> *rules) const;

 private:
  std::string interface_;
};

// From a key to its rule; fails with kBadArgument for what is no key of a rule that rxburst makes.
Status ReadNtupleKey(const std::string &key, FlowRule *rule);

}  // namespace rxb::offload
