// The rules of a port, compiled, and the map of what they count.
#pragma once
#include "../bpf/bpf.h"
#include "../core/backend.h"
#include "../filter/compile.h"

namespace rxb::steer {

constexpr uint32_t kRulesMax = 256;  // rules of one port, and slots of its counters

// One rule. `pass` rules leave a packet to the kernel whatever the others say; asked first, whatever their place.
struct Rule {
  Filter filter;
  bool pass = false;
  uint32_t slot = 0;  // of the counters; a rule that stays keeps its slot, and with it its counts
};

// Makes what a port was asked for of filters that are compiled.
Status MakeRules(const RuleRequest *requests, uint32_t count, std::vector<Rule> *rules);

// A map of RuleCounts for kRulesMax slots, per CPU. The descriptor is the caller's.
Status CreateCounters(int *map);
// Sums of one slot over all CPUs.
Status ReadCounters(int map, uint32_t slot, RuleCounts *sums);
Status ClearCounters(int map, uint32_t slot);

}  // namespace rxb::steer
