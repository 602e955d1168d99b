// Which of a port's rules become flow rules, and when those come and go.
#include "flow.h"

#include <linux/filter.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cstring>

#include "../device/device.h"
#include "../eal/eal.h"
#include "../eal/log.h"
#include "../port.h"
#include "flow_pattern.h"

namespace rxb::dpdk {

namespace {

bool Contains(const std::vector<FlowMatch> &matches, const FlowMatch &match) {
  return std::find(matches.begin(), matches.end(), match) != matches.end();
}

const Flow *Find(const Flows &flows, const FlowMatch &match) {
  for (const Flow &flow : flows.made)
    if (flow.match == match) return &flow;
  return nullptr;
}

// An expression inside a sentence.
std::string Named(const std::string &expression) {
  constexpr size_t kLongest = 80;
  if (expression.empty()) return "'everything'";
  return expression.size() > kLongest ? "'" + expression.substr(0, kLongest) + "…'" : "'" + expression + "'";
}

// What a NIC can say of a filter; `why` where it is nothing. A filter too large to be looked at is one that it can't
// say.
std::vector<FlowMatch> MatchesOf(const steer::Filter &filter, std::string *why) {
  std::vector<FlowMatch> matches;
  if (Status status = offload::FlowMatchesOf(filter, &matches, why); !status) *why = status.message, matches.clear();
  return matches;
}

// Whether a packet that is to stay with the kernel could be one of the flow's; what is not known counts as yes.
bool Overlap(const steer::Filter &pass, const FlowMatch &match) {
  steer::Filter both{pass.expression, pass.ForWholePackets()}, flow;  // the NIC hands over no fragments
  if (!steer::Compile(offload::ExpressionOf(match).c_str(), &flow)) return true;
  // The second program follows where the first one has taken a packet.
  const size_t first = both.code.size();
  for (size_t i = 0; i < first; i++)
    if (sock_filter &at = both.code[i]; BPF_CLASS(at.code) == BPF_RET && at.k)
      at = {BPF_JMP | BPF_JA, 0, 0, static_cast<uint32_t>(first - i - 1)};
  both.code.insert(both.code.end(), flow.code.begin(), flow.code.end());
  std::string why;
  return !MatchesOf(both, &why).empty() || why != offload::kMatchesNothing;
}

// The kernel has the rest of a bifurcated device's packets, but not those that the NIC has sent to us.
void CheckPassed(const RuleSet &rules, FlowPlan *plan) {
  for (const steer::Rule &rule : rules.rules)
    for (const FlowMatch &match : plan->matches)
      if (rule.pass && plan->why.empty() && Overlap(rule.filter, match))
        plan->why = Named(rule.filter.expression) + " is to stay with the kernel, and the flow rule '" +
                    FlowPattern(match).text + "' would take some of it away";
}

// A rule that the driver won't let go of is tried again with the next change, and when the device stops.
bool Remove(DpdkPort *port, const Flow &flow) { return bool(port->flow_offload.Remove(flow.key, flow.place)); }

// Makes what is not there yet; on failure nothing more is there than before.
bool Make(DpdkPort *port, const std::vector<FlowMatch> &matches, std::string *why) {
  Flows &flows = port->flows;
  const size_t had = flows.made.size();
  const std::vector<uint16_t> queues = BoundQueues(*port);
  for (const FlowMatch &match : matches) {
    if (Find(flows, match)) continue;
    const offload::FlowRule rule{match, queues};
    uint32_t place;
    const Status status = port->flow_offload.Add(rule, &place);
    if (status) {
      flows.made.push_back({match, port->flow_offload.Key(rule), place});
      continue;
    }
    *why = status.message;
    for (size_t i = flows.made.size(); i-- > had;)
      if (Remove(port, flows.made[i])) flows.made.erase(flows.made.begin() + static_cast<long>(i));
    return false;
  }
  return true;
}

Status LeaveIsolation(DpdkPort *port) {
  rte_eth_dev_stop(port->port_id);
  rte_flow_error said{};
  int error = rte_flow_isolate(port->port_id, 0, &said);
  if (!error) {
    ClosedOnExec descriptors;
    error = rte_eth_dev_start(port->port_id);
  }
  if (error)
    return Fail(kNotSupported, "%s: the device can't leave isolated mode: %s", port->name,
                rte_strerror(std::abs(error)));
  port->flows.isolated = false;
  return {};
}

Status Refuse(const DpdkPort &port, const std::string &why) {
  return Fail(kNotSupported,
              "%s was to be in isolated mode, in which the NIC sends us just what the rules say; %s. To take "
              "everything that the "
              "device receives, and pick in software, say isolated: false, on the command line --opt isolated=false.",
              port.name, why.c_str());
}

}  // namespace

std::vector<uint16_t> BoundQueues(const DpdkPort &port) {
  std::vector<uint16_t> queues;
  for (const Queue *queue : port.queues)
    if (queue && static_cast<const DpdkQueue *>(queue)->set_up) queues.push_back(static_cast<uint16_t>(queue->index));
  return queues;
}

FlowPlan PlanFlows(const DpdkPort &port, const RuleSet &rules) {
  FlowPlan plan;
  for (const steer::Rule &rule : rules.rules) {
    if (rule.pass) continue;
    std::string why;
    FlowPlan::Rule wanted{rule.slot, {}};
    if (rule.filter.takes_fragments)
      why = "it takes fragments too, which have no ports";
    else
      wanted.matches = MatchesOf(rule.filter, &why);
    if (wanted.matches.empty() && plan.why.empty())
      plan.why = "a flow rule can't say " + Named(rule.filter.expression) + ": " + why;
    for (const FlowMatch &match : wanted.matches)
      if (!Contains(plan.matches, match)) plan.matches.push_back(match);
    plan.rules.push_back(std::move(wanted));
  }
  if (IsBifurcated(port.driver, port.args)) CheckPassed(rules, &plan);
  return plan;
}

Status Isolate(const PortRequest &request, DpdkPort *port, Status (*prepare)(DpdkPort *)) {
  Flows &flows = port->flows;
  const bool wanted = FlagOption(request.options, "isolated");
  if (flows.plan.rules.empty()) return {};
  // Whoever steers on a device that the kernel has too wants the rest to stay there.
  flows.required = wanted && (FindOption(request.options, "isolated") || IsBifurcated(port->driver, port->args));
  flows.why = !wanted                    ? "isolated: false was said"
              : !port->rss_table.empty() ? "rssTable spreads what no flow rule has picked"
                                         : flows.plan.why;
  if (flows.why.empty()) {
    if (port->traits->isolates_late) RXB_TRY(prepare(port));
    rte_flow_error said{};
    uint64_t first_line = LogLines();
    int error = rte_flow_isolate(port->port_id, 1, &said);
    if (error) flows.why = "isolated mode can't be set: " + DriverSays(*port, error, said, first_line);
    flows.isolated = !error;
  }
  return flows.required && !flows.isolated ? Refuse(*port, flows.why) : Status{};
}

Status StartFlows(DpdkPort *port) {
  Flows &flows = port->flows;
  std::string why;
  if (!flows.isolated || Make(port, flows.plan.matches, &why)) return {};
  if (flows.required) return Refuse(*port, why);
  flows.why = why;
  return LeaveIsolation(port);
}

void StopFlows(DpdkPort *port) {
  if (!port->flows.isolated) return;
  port->flow_offload.Flush();
  port->flows.made.clear();
}

Status AddFlows(DpdkPort *port, const FlowPlan &plan) {
  const Flows &flows = port->flows;
  if (!flows.isolated) return {};
  std::string why = plan.why;
  if (why.empty() && (!port->started || Make(port, plan.matches, &why))) return {};
  return Fail(kSteer,
              "%s is in isolated mode: %s. Nothing has changed; a port opened with isolated: false picks in software.",
              port->name, why.c_str());
}

void RetainFlows(DpdkPort *port, FlowPlan plan) {
  std::vector<Flow> &made = port->flows.made;
  for (size_t i = made.size(); i-- > 0;)
    if (!Contains(plan.matches, made[i].match) && Remove(port, made[i]))
      made.erase(made.begin() + static_cast<long>(i));
  port->flows.plan = std::move(plan);
}

uint32_t LayerOf(Port *base, uint32_t slot, char *text, uint32_t size) {
  std::string lines;
  OnEalThread([&] {
    auto *port = static_cast<DpdkPort *>(base);
    const Flows &flows = port->flows;
    lines = !flows.isolated ? flows.why : !port->started ? "the driver is asked when a data plane runs" : "";
    for (const FlowPlan::Rule &rule : flows.plan.rules)
      for (const FlowMatch &match : rule.matches)
        if (const Flow *flow = rule.slot == slot ? Find(flows, match) : nullptr) lines += "\n" + flow->key;
  });
  if (size) snprintf(text, size, "%s", lines.c_str());
  return static_cast<uint32_t>(lines.size() + 1);
}

}  // namespace rxb::dpdk
