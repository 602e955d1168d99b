// Which of a port's rules become flow rules, and when those come and go.
#include "flow.h"

#include <linux/filter.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cstring>

#include "../filter/emit_ntuple.h"
#include "../nic/qdisc.h"
#include "device.h"
#include "eal.h"
#include "flow_pattern.h"
#include "log.h"
#include "port.h"

namespace rxb::dpdk {

namespace {

bool Same(const FlowMatch &a, const FlowMatch &b) { return !memcmp(&a, &b, sizeof a); }

bool Holds(const std::vector<FlowMatch> &matches, const FlowMatch &match) {
  return std::any_of(matches.begin(), matches.end(), [&](const FlowMatch &each) { return Same(each, match); });
}

const Flow *Find(const Flows &flows, const FlowMatch &match) {
  for (const Flow &flow : flows.made)
    if (Same(flow.match, match)) return &flow;
  return nullptr;
}

// What the driver says, in its own words and in its log.
std::string Reason(const DpdkPort &port, int error, const rte_flow_error &said, uint64_t first_line) {
  std::string number = rte_strerror(std::abs(error)), words = said.message ? said.message : number, log = LogSince(first_line, 2, " | ");
  return std::string(port.driver) + " says: " + words + (words == number ? "" : ", " + number) + (log.empty() ? "" : " (" + log + ")");
}

// An expression inside a sentence.
std::string Named(const std::string &expression) {
  constexpr size_t kLongest = 80;
  if (expression.empty()) return "'everything'";
  return expression.size() > kLongest ? "'" + expression.substr(0, kLongest) + "…'" : "'" + expression + "'";
}

// What a NIC can say of a filter; `why` where it is nothing. A filter too large to be looked at is one that it can't say.
std::vector<FlowMatch> MatchesOf(const steer::Filter &filter, std::string *why) {
  std::vector<FlowMatch> matches;
  if (Status status = steer::NicRulesFor(filter, &matches, why); !status) *why = status.message, matches.clear();
  return matches;
}

// Whether a packet that is to stay with the kernel could be one of the flow's; what is not known counts as yes.
bool Overlap(const steer::Filter &pass, const FlowMatch &match) {
  steer::Filter both{pass.expression, pass.ForWholePackets()}, flow;  // the NIC hands over no fragments
  if (!steer::Compile(FlowExpression(match).c_str(), &flow)) return true;
  // The second program follows where the first one has taken a packet.
  const size_t first = both.code.size();
  for (size_t i = 0; i < first; i++)
    if (sock_filter &at = both.code[i]; BPF_CLASS(at.code) == BPF_RET && at.k)
      at = {BPF_JMP | BPF_JA, 0, 0, static_cast<uint32_t>(first - i - 1)};
  both.code.insert(both.code.end(), flow.code.begin(), flow.code.end());
  std::string why;
  return !MatchesOf(both, &why).empty() || why != steer::kMatchesNothing;
}

// The kernel has the rest of a bifurcated device's packets, but not those that the NIC has sent to us.
void CheckPassed(const RuleSet &rules, FlowPlan *plan) {
  for (const steer::Rule &rule : rules.rules)
    for (const FlowMatch &match : plan->matches)
      if (rule.pass && plan->why.empty() && Overlap(rule.filter, match))
        plan->why = Named(rule.filter.expression) + " is to stay with the kernel, and the flow rule '" + FlowPattern(match).text +
                    "' would take some of it away";
}

std::vector<uint16_t> BoundQueues(const DpdkPort &port) {
  std::vector<uint16_t> queues;
  for (const Queue *queue : port.queues)
    if (queue && static_cast<const DpdkQueue *>(queue)->set_up) queues.push_back(static_cast<uint16_t>(queue->index));
  return queues;
}

rte_flow *Create(const DpdkPort &port, const FlowPattern &pattern, const FlowActions &fate, std::string *why) {
  rte_flow_attr attr{};
  attr.ingress = 1;
  rte_flow_error said{};
  uint64_t first_line = LogLines();
  int error = rte_flow_validate(port.port_id, &attr, pattern.items, fate.actions, &said);
  rte_flow *rule = error ? nullptr : rte_flow_create(port.port_id, &attr, pattern.items, fate.actions, &said);
  if (!rule)
    *why =
        "the flow rule '" + pattern.text + " " + fate.text + "' can't be had: " + Reason(port, error ? error : rte_errno, said, first_line);
  return rule;
}

// A rule that the driver won't let go of stays known: it is tried again with the next change, and when the device stops.
bool Destroy(const DpdkPort &port, const Flow &flow) {
  rte_flow_error said{};
  return rte_flow_destroy(port.port_id, flow.rule, &said) == 0;
}

// Whether a rule can be asked for. Where the interface beside net_tap refuses what its tap has taken, the driver of DPDK 22.11 frees
// the rule and keeps it in its list, and crashes later: so it is not asked when somebody has taken its qdisc off that interface.
bool HasIngress(const DpdkPort &port, std::string *why) {
  char beside[IFNAMSIZ];
  if (!WritesIngress((port.device + "," + port.args).c_str(), beside, sizeof beside)) return true;
  std::string there;
  if (Status status = ListQdiscs(beside, &there); !status)
    *why = status.message;
  else if (there.find("ingress") == std::string::npos)
    *why = "somebody has taken net_tap's ingress qdisc off " + std::string(beside) +
           ", and with it the rules; close the port and open it again";
  return why->empty();
}

// Makes what is not there yet; on failure nothing more is there than before.
bool Make(DpdkPort *port, const std::vector<FlowMatch> &matches, std::string *why) {
  Flows &flows = port->flows;
  if (!HasIngress(*port, why)) return false;
  const size_t had = flows.made.size();
  const FlowActions fate(BoundQueues(*port), port->rss_fields, port->rss_key);
  for (const FlowMatch &match : matches) {
    if (Find(flows, match)) continue;
    FlowPattern pattern(match);
    if (rte_flow *rule = Create(*port, pattern, fate, why)) {
      flows.made.push_back({match, rule, pattern.text + " " + fate.text});
      continue;
    }
    for (size_t i = flows.made.size(); i-- > had;)
      if (Destroy(*port, flows.made[i])) flows.made.erase(flows.made.begin() + static_cast<long>(i));
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
  if (error) return Fail(kNotSupported, "%s: the device can't leave isolated mode: %s", port->name, rte_strerror(std::abs(error)));
  port->flows.isolated = false;
  return {};
}

Status Refuse(const DpdkPort &port, const std::string &why) {
  return Fail(kNotSupported,
              "%s was to be in isolated mode, in which the NIC sends us just what the rules say; %s. To take everything that the "
              "device receives, and pick in software, say isolated: false, on the command line --opt isolated=false.",
              port.name, why.c_str());
}

}  // namespace

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
    if (wanted.matches.empty() && plan.why.empty()) plan.why = "a flow rule can't say " + Named(rule.filter.expression) + ": " + why;
    for (const FlowMatch &match : wanted.matches)
      if (!Holds(plan.matches, match)) plan.matches.push_back(match);
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
    if (error) flows.why = "isolated mode can't be had: " + Reason(*port, error, said, first_line);
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
  rte_flow_error said{};
  rte_flow_flush(port->port_id, &said);
  port->flows.made.clear();
}

Status AddFlows(DpdkPort *port, const FlowPlan &plan) {
  const Flows &flows = port->flows;
  if (!flows.isolated) return {};
  std::string why = plan.why;
  if (why.empty() && (!port->started || Make(port, plan.matches, &why))) return {};
  return Fail(kSteer, "%s is in isolated mode: %s. Nothing has changed; a port opened with isolated: false picks in software.", port->name,
              why.c_str());
}

void RetainFlows(DpdkPort *port, FlowPlan plan) {
  std::vector<Flow> &made = port->flows.made;
  for (size_t i = made.size(); i-- > 0;)
    if (!Holds(plan.matches, made[i].match) && Destroy(*port, made[i])) made.erase(made.begin() + static_cast<long>(i));
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
        if (const Flow *flow = rule.slot == slot ? Find(flows, match) : nullptr) lines += "\n" + flow->text;
  });
  if (size) snprintf(text, size, "%s", lines.c_str());
  return static_cast<uint32_t>(lines.size() + 1);
}

}  // namespace rxb::dpdk
