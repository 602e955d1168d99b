// Rules in hardware by rte_flow, for one device of DPDK.
#pragma once
#include <rte_flow.h>

#include <map>

#include "../../offload/flow_offload.h"

namespace rxb::dpdk {

struct DpdkPort;

// EAL's thread only. Keys are the texts: pattern and actions as testpmd's `flow create` reads them.
class RteFlowOffload : public offload::FlowOffload {
 public:
  explicit RteFlowOffload(const DpdkPort *port) : port_(port) {}
  std::string Text(const offload::FlowRule &) const override;
  std::string Key(const offload::FlowRule &rule) const override { return Text(rule); }
  // Fails with the driver's own words, as a sentence without the port's name.
  Status Add(const offload::FlowRule &, uint32_t *place) override;
  // A rule that the driver won't let go of stays known, so that it is tried again.
  Status Remove(const std::string &key, uint32_t place) override;
  // Whatever its key.
  Status RemoveAt(uint32_t place);
  // What a rule with COUNT has counted. Fails for a rule without.
  Status Count(uint32_t place, uint64_t *packets, uint64_t *bytes) const;
  // Before the device stops, which not every driver's rules survive.
  void Flush();

 private:
  struct Made {
    std::string key;
    rte_flow *rule;
  };
  const DpdkPort *port_;
  std::map<uint32_t, Made> made_;  // by place: numbers that are used once
  uint32_t next_ = 0;
};

// What a driver says, in its own words and in its log since that line.
std::string DriverSays(const DpdkPort &, int error, const rte_flow_error &said, uint64_t first_line);

}  // namespace rxb::dpdk
