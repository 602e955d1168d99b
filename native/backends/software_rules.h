// A port's rules where nobody below us filters: libpcap's interpreter executes them on every packet, in the worker.
#pragma once
#include <atomic>
#include <vector>

#include "../core/backend.h"
#include "../xdp/program.h"

namespace rxb {

// What a port takes. Replaced as a whole while workers read it.
struct SoftwareRules {
  std::vector<steer::Rule> rules;  // pass rules first
};

// Backends that filter so derive their queues and ports from these.
struct RuledQueue : Queue {
  std::atomic<uint32_t> reads{0};  // odd while its worker may hold the port's rules
};
struct RuledPort : Port {
  std::atomic<const SoftwareRules *> rules{nullptr};
  std::atomic<uint64_t> packets[steer::kRulesMax] = {}, bytes[steer::kRulesMax] = {};
  ~RuledPort() { delete rules.load(); }
};

// Held by a worker from before it loads the rules until it has done with them. Where there are none it costs one load.
class RulesInUse {
 public:
  RulesInUse(RuledPort *port, RuledQueue *queue) {
    if (!port->rules.load(std::memory_order_relaxed)) return;
    reads_ = &queue->reads;
    // seen before the load below: whoever replaces the rules waits then
    reads_->fetch_add(1, std::memory_order_seq_cst);
    rules_ = port->rules.load(std::memory_order_seq_cst);
  }
  ~RulesInUse() {
    if (reads_) reads_->fetch_add(1, std::memory_order_release);
  }
  RulesInUse(const RulesInUse &) = delete;
  RulesInUse &operator=(const RulesInUse &) = delete;
  const SoftwareRules *rules() const { return rules_; }

 private:
  std::atomic<uint32_t> *reads_ = nullptr;
  const SoftwareRules *rules_ = nullptr;
};

// Does the first rule that matches take the packet? `length` is the packet's, of which `here` bytes can be read.
bool Takes(RuledPort *, const SoftwareRules &, const uint8_t *packet, uint32_t length, uint32_t here);

// Functions of backend.h; every port is a RuledPort.
namespace software_rules {
Status SetRules(Port *, const RuleRequest *, uint32_t count);
Status CountRule(Port *, uint32_t slot, RuleCounts *);
}  // namespace software_rules

}  // namespace rxb
