// Rules on a DPDK port: rte_bpf's just-in-time compiler where it takes them, else libpcap's interpreter.
#pragma once
#include <rte_bpf.h>
#include <rte_mbuf.h>

#include <atomic>
#include <memory>
#include <vector>

#include "../../xdp/program.h"

namespace rxb::dpdk {

// One set of rules. Replaced as a whole while workers read it, so old ones live as long as the port.
struct RuleSet {
  std::vector<steer::Rule> rules;  // pass rules first
  rte_bpf *program = nullptr;
  uint64_t (*compiled)(void *mbuf) = nullptr;  // 1 + the first rule that matches, or 0
  ~RuleSet() {
    if (program) rte_bpf_destroy(program);
  }
};

struct Filter {
  std::atomic<const RuleSet *> now{nullptr};
  std::vector<std::unique_ptr<RuleSet>> all;
  std::atomic<uint64_t> packets[steer::kRulesMax] = {}, bytes[steer::kRulesMax] = {};
};

Status MakeSet(const RuleRequest *, uint32_t count, std::unique_ptr<RuleSet> *);
// Puts it in force.
void UseSet(Filter *, std::unique_ptr<RuleSet>, const RuleRequest *, uint32_t count);
// Keeps those that a rule takes, in order, frees the others; returns how many there are then.
uint32_t FilterPackets(Filter *, const RuleSet &, rte_mbuf **mbufs, uint32_t n);

}  // namespace rxb::dpdk
