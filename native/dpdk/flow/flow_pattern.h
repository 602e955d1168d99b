// A flow rule as rte_flow takes it, and as testpmd's command line would.
#pragma once
#include <rte_flow.h>

#include <string>
#include <vector>

#include "../../offload/flow_offload.h"

namespace rxb::dpdk {

using offload::FlowMatch;

// eth / ipv4 or ipv6 / tcp, udp or sctp. Its items point into itself.
struct FlowPattern {
  explicit FlowPattern(const FlowMatch &);
  FlowPattern(const FlowPattern &) = delete;

  rte_flow_item items[4] = {};
  std::string text = "pattern eth";

 private:
  template<typename Item>
  void Add(rte_flow_item_type type, const char *name, const Item (&item)[2]);
  void Field(const char *name, uint32_t value, uint32_t mask, uint32_t whole);
  void Address(const char *name, const FlowMatch &, const FlowMatch::Address &);

  // What is wanted, and where it counts.
  rte_flow_item_ipv4 ipv4_[2] = {};
  rte_flow_item_ipv6 ipv6_[2] = {};
  rte_flow_item_tcp tcp_[2] = {};
  rte_flow_item_udp udp_[2] = {};
  rte_flow_item_sctp sctp_[2] = {};
  uint32_t count_ = 1;  // items, the first is eth
};

// To the queue, or spread over several, with a mark or without; or dropped, and counted. Points into itself.
struct FlowActions {
  FlowActions(const offload::FlowRule &, uint64_t rss_fields, const std::string &rss_key);
  FlowActions(const FlowActions &) = delete;

  rte_flow_action actions[3] = {};
  std::string text;

 private:
  std::vector<uint16_t> queues_;
  rte_flow_action_mark mark_{};
  rte_flow_action_queue queue_{};
  rte_flow_action_rss rss_{};
};

}  // namespace rxb::dpdk
