// The NIC's part in a DPDK port's rules: rte_flow in isolated mode, where nothing reaches us but what flow rules say.
#pragma once

#include <string>
#include <vector>

#include "filter.h"
#include "rte_flow_offload.h"

namespace rxb::dpdk {

struct DpdkPort;
using offload::FlowMatch;

// What a set of rules wants of the NIC.
struct FlowPlan {
  struct Rule {
    uint32_t slot;
    std::vector<FlowMatch> matches;
  };
  std::vector<Rule> rules;         // those that steer
  std::vector<FlowMatch> matches;  // of all of them, each once
  std::string why;                 // what flow rules can't say of them
};

struct Flow {
  FlowMatch match;
  std::string key;  // its text
  uint32_t place;
};

// All of it is looked at by EAL's thread only.
struct Flows {
  FlowPlan plan;
  std::vector<Flow> made;  // while the device runs
  bool isolated = false;
  bool required = false;
  std::string why = "no rule was given when the port was opened";  // it is not isolated
};

FlowPlan PlanFlows(const DpdkPort &, const RuleSet &);
// Isolated mode, where the rules and the driver allow it. `prepare` configures the device, for drivers that isolate
// only then.
Status Isolate(const PortRequest &, DpdkPort *, Status (*prepare)(DpdkPort *));
// The device has started: makes the rules, or leaves isolated mode where the driver won't have them.
Status StartFlows(DpdkPort *);
// Before the device stops, which not every driver's rules survive.
void StopFlows(DpdkPort *);
// Rules are changed in two steps: what the new ones want is made, nothing is changed where that fails; then what only
// the old ones wanted goes.
Status AddFlows(DpdkPort *, const FlowPlan &);
void RetainFlows(DpdkPort *, FlowPlan);
// Those that are open, among which rules spread packets.
std::vector<uint16_t> BoundQueues(const DpdkPort &);
// Backend::nic_flow
Status NicFlow(Port *, const NicFlowRequest &, NicFlowAnswer *);
// Backend::layer_of
uint32_t LayerOf(Port *, uint32_t slot, char *text, uint32_t size);

}  // namespace rxb::dpdk
