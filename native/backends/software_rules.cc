// Executes and replaces the rules of ports that nobody below us filters.
#include "software_rules.h"

#include <sched.h>

#include <algorithm>
#include <memory>

namespace rxb {

namespace {

// Returns when no worker holds rules that it loaded before. A read is a few microseconds of native code, which nothing
// ends early.
void WaitForReaders(const RuledPort &port) {
  for (const Queue *queue : port.queues) {
    if (!queue) continue;
    const auto &reads = static_cast<const RuledQueue *>(queue)->reads;
    const uint32_t before = reads.load(std::memory_order_seq_cst);
    while (before % 2 && reads.load(std::memory_order_acquire) == before) sched_yield();
  }
}

}  // namespace

bool Takes(RuledPort *port, const SoftwareRules &rules, const uint8_t *packet, uint32_t length, uint32_t here) {
  for (const steer::Rule &rule : rules.rules) {
    if (!steer::MatchInterpreted(rule.filter, packet, length, here)) continue;
    port->packets[rule.slot].fetch_add(1, std::memory_order_relaxed);
    port->bytes[rule.slot].fetch_add(length, std::memory_order_relaxed);
    return !rule.pass;
  }
  return false;
}

namespace software_rules {

Status SetRules(Port *base, const RuleRequest *requests, uint32_t count) {
  auto *port = static_cast<RuledPort *>(base);
  auto fresh = std::make_unique<SoftwareRules>();
  RXB_TRY(steer::MakeRules(requests, count, &fresh->rules));
  std::stable_sort(fresh->rules.begin(), fresh->rules.end(),
                   [](const auto &a, const auto &b) { return a.pass > b.pass; });
  for (uint32_t i = 0; i < count; i++)
    if (requests[i].fresh) port->packets[requests[i].slot] = port->bytes[requests[i].slot] = 0;
  std::unique_ptr<const SoftwareRules> old(
      port->rules.exchange(count ? fresh.release() : nullptr, std::memory_order_seq_cst));
  WaitForReaders(*port);
  return {};
}

Status CountRule(Port *base, uint32_t slot, RuleCounts *counts) {
  auto *port = static_cast<RuledPort *>(base);
  *counts = {port->packets[slot % steer::kRulesMax], port->bytes[slot % steer::kRulesMax], 0};
  return {};
}

}  // namespace software_rules

}  // namespace rxb
