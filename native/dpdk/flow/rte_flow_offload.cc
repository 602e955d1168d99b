// Rules in hardware by rte_flow: asked for, made and destroyed through the device's driver.
#include "rte_flow_offload.h"

#include <rte_errno.h>

#include "../../nic/qdisc.h"
#include "../device/device.h"
#include "../eal/log.h"
#include "../port.h"
#include "flow_pattern.h"

namespace rxb::dpdk {

namespace {

// Whether a rule can be asked for. Where the interface beside net_tap refuses what its tap has taken, the driver of
// DPDK 22.11 frees the rule and keeps it in its list, and crashes later: so it is not asked when somebody has taken its
// qdisc off that interface.
Status CheckIngress(const DpdkPort &port) {
  char beside[IFNAMSIZ];
  if (!WritesIngress((port.device + "," + port.args).c_str(), beside, sizeof beside)) return {};
  std::string there;
  RXB_TRY(ListQdiscs(beside, &there));
  if (there.find("ingress") != std::string::npos) return {};
  return Fail(
      kNotSupported,
      "somebody has taken net_tap's ingress qdisc off %s, and with it the rules; close the port and open it again",
      beside);
}

}  // namespace

std::string DriverSays(const DpdkPort &port, int error, const rte_flow_error &said, uint64_t first_line) {
  std::string number = rte_strerror(std::abs(error)), words = said.message ? said.message : number,
              log = LogSince(first_line, 2, " | ");
  return std::string(port.driver) + " says: " + words + (words == number ? "" : ", " + number) +
         (log.empty() ? "" : " (" + log + ")");
}

std::string RteFlowOffload::Text(const offload::FlowRule &rule) const {
  return FlowPattern(rule.match).text + " " + FlowActions(rule, port_->rss_fields, port_->rss_key).text;
}

Status RteFlowOffload::Add(const offload::FlowRule &wanted, uint32_t *place) {
  RXB_TRY(CheckIngress(*port_));
  const FlowPattern pattern(wanted.match);
  const FlowActions fate(wanted, port_->rss_fields, port_->rss_key);
  rte_flow_attr attr{};
  attr.ingress = 1;
  rte_flow_error said{};
  const uint64_t first_line = LogLines();
  const int error = rte_flow_validate(port_->port_id, &attr, pattern.items, fate.actions, &said);
  rte_flow *rule = error ? nullptr : rte_flow_create(port_->port_id, &attr, pattern.items, fate.actions, &said);
  if (!rule)
    return Fail(kNotSupported, "the flow rule '%s %s' can't be made: %s", pattern.text.c_str(), fate.text.c_str(),
                DriverSays(*port_, error ? error : rte_errno, said, first_line).c_str());
  *place = next_++;
  made_[*place] = {Text(wanted), rule};
  return {};
}

Status RteFlowOffload::Remove(const std::string &key, uint32_t place) {
  const auto found = made_.find(place);
  if (found == made_.end() || found->second.key != key) return {};
  rte_flow_error said{};
  const uint64_t first_line = LogLines();
  if (const int error = rte_flow_destroy(port_->port_id, found->second.rule, &said); error)
    return Fail(kNotSupported, "the flow rule '%s' stays: %s", key.c_str(),
                DriverSays(*port_, error, said, first_line).c_str());
  made_.erase(found);
  return {};
}

Status RteFlowOffload::RemoveAt(uint32_t place) {
  const auto found = made_.find(place);
  return found == made_.end() ? Status{} : Remove(std::string(found->second.key), place);
}

Status RteFlowOffload::Count(uint32_t place, uint64_t *packets, uint64_t *bytes) const {
  const auto found = made_.find(place);
  if (found == made_.end()) return Fail(kNotSupported, "there is no such rule");
  rte_flow_query_count count{};
  const rte_flow_action action{RTE_FLOW_ACTION_TYPE_COUNT, nullptr};
  rte_flow_error said{};
  const uint64_t first_line = LogLines();
  if (const int error = rte_flow_query(port_->port_id, found->second.rule, &action, &count, &said); error)
    return Fail(kNotSupported, "the flow rule '%s' can't be counted: %s", found->second.key.c_str(),
                DriverSays(*port_, error, said, first_line).c_str());
  *packets = count.hits_set ? count.hits : 0;
  *bytes = count.bytes_set ? count.bytes : 0;
  return {};
}

void RteFlowOffload::Flush() {
  rte_flow_error said{};
  rte_flow_flush(port_->port_id, &said);
  made_.clear();
}

}  // namespace rxb::dpdk
