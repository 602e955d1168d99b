// What every way to have hardware direct packets can do. Two implement it: n-tuple rules by ethtool (ntuple.h), and
// rte_flow, which is in the module of DPDK (dpdk/flow/rte_flow_offload.h). Another one, such as tc-flower or the XDP
// maps of flows, is a third.
#pragma once
#include "flow_match.h"

namespace rxb::offload {

// A rule of hardware: which packets, and the queues among which they are spread.
struct FlowRule {
  FlowMatch match;
  std::vector<uint16_t> queues;
  bool drops = false;  // no queue gets them
  bool marks = false;  // they bring a mark along, on backends that have the column
  uint32_t mark = 0;
};

class FlowOffload {
 public:
  virtual ~FlowOffload() = default;
  // As the usual tool would be told it, for people to read.
  virtual std::string Text(const FlowRule &) const = 0;
  // By which a rule is known again. Equal for equal rules, opaque for everybody else.
  virtual std::string Key(const FlowRule &) const = 0;
  // Makes a rule; `place` tells it from others that are equal.
  virtual Status Add(const FlowRule &, uint32_t *place) = 0;
  // Takes the rule with that key at that place away. If there is none now, nothing is done.
  virtual Status Remove(const std::string &key, uint32_t place) = 0;
};

}  // namespace rxb::offload
