// Which NIC rules (ethtool n-tuple) preselect what a filter matches: every path to a match, as a list of equalities.
#include "emit_ntuple.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace rxb::steer {
namespace {

constexpr uint32_t kPathsMax = 4096;
constexpr uint32_t kEthernetHeader = 14;

// What a path knows about the headers; a mask of 0 is "anything".
struct Flow {
  uint32_t type = 0;  // ethertype, 0: any
  int protocol = -1;
  struct Address {
    uint32_t word[4] = {}, mask[4] = {};
  } source, destination;
  struct Number {
    uint32_t value = 0, mask = 0;
  } from, to;
};

class Paths {
 public:
  explicit Paths(const Graph &graph) : graph_(graph) {}

  Status Walk(std::vector<Flow> *flows, std::string *why) {
    Follow(graph_.start, Flow());
    if (too_many_) *why = "it has too many cases";
    if (!unsayable_.empty()) *why = unsayable_;
    if (why->empty()) *flows = std::move(flows_);
    return {};
  }

 private:
  void Follow(Target at, const Flow &flow) {
    if (too_many_ || !unsayable_.empty() || at == kNobody) return;
    if (at & kLeaf) return Found(flow);
    if (++steps_ > kPathsMax) too_many_ = true;
    const Node &node = graph_.nodes[at];
    Flow yes = flow;
    if (Learn(graph_.tests[node.test], &yes)) Follow(node.yes, yes);
    Follow(node.no, flow);
  }

  void Found(const Flow &flow) {
    if (flow.type != 0x800 && flow.type != 0x86dd)
      unsayable_ = "it matches packets other than IPv4 and IPv6";
    else if (!Narrow(flow))
      unsayable_ = "it matches packets of every address and protocol";
    else
      flows_.push_back(flow);
  }
  static bool Narrow(const Flow &flow) {
    for (int i = 0; i < 4; i++)
      if (flow.source.mask[i] || flow.destination.mask[i]) return true;
    return flow.protocol >= 0;
  }

  // Adds what a yes says; false if that contradicts what is known. What a rule can't say is left out: the rule is wider then.
  bool Learn(const Test &test, Flow *flow) const {
    if (test.kind != Test::kEqual || test.b != kNone) return true;
    uint32_t mask = 0xffffffff;
    const Value *value = &graph_.values[test.a];
    if (value->kind == Value::kAlu && value->op == BPF_AND && graph_.values[value->b].kind == Value::kConst) {
      mask = graph_.values[value->b].k;
      value = &graph_.values[value->a];
    }
    if (value->kind != Value::kLoad) return true;
    uint32_t at = value->k - kEthernetHeader;
    if (value->a != kNone) {
      if (flow->type != 0x800 || !IsHeaderLength(value->a) || value->op != 2) return true;
      return at == 0 ? Set(test.k, mask & 0xffff, &flow->from) : at == 2 ? Set(test.k, mask & 0xffff, &flow->to) : true;
    }
    if (value->op == 2 && value->k == 12 && mask == 0xffffffff) {
      if (flow->type && flow->type != test.k) return false;
      flow->type = test.k;
      return true;
    }
    if (flow->type == 0x800) {
      if (value->op == 1 && at == 9 && mask == 0xffffffff) return SetProtocol(test.k, flow);
      if (value->op == 4 && at == 12) return SetWord(test.k, mask, 0, &flow->source);
      if (value->op == 4 && at == 16) return SetWord(test.k, mask, 0, &flow->destination);
    }
    if (flow->type == 0x86dd) {
      if (value->op == 1 && at == 6 && mask == 0xffffffff) return SetProtocol(test.k, flow);
      if (value->op == 4 && at >= 8 && at < 24 && at % 4 == 0) return SetWord(test.k, mask, (at - 8) / 4, &flow->source);
      if (value->op == 4 && at >= 24 && at < 40 && at % 4 == 0) return SetWord(test.k, mask, (at - 24) / 4, &flow->destination);
      if (value->op == 2 && at == 40) return Set(test.k, mask & 0xffff, &flow->from);
      if (value->op == 2 && at == 42) return Set(test.k, mask & 0xffff, &flow->to);
    }
    return true;
  }
  // 4 * (first byte of the IPv4 header & 15)
  bool IsHeaderLength(Id id) const {
    const Value &shift = graph_.values[id];
    if (shift.kind != Value::kAlu || shift.op != BPF_LSH) return false;
    const Value &low = graph_.values[shift.a];
    if (low.kind != Value::kAlu || low.op != BPF_AND) return false;
    const Value &byte = graph_.values[low.a];
    return byte.kind == Value::kLoad && byte.a == kNone && byte.k == kEthernetHeader;
  }
  static bool Set(uint32_t value, uint32_t mask, Flow::Number *number) {
    uint32_t common = mask & number->mask;
    if ((value & common) != (number->value & common)) return false;
    number->value |= value & mask;
    number->mask |= mask;
    return true;
  }
  static bool SetWord(uint32_t value, uint32_t mask, uint32_t word, Flow::Address *address) {
    Flow::Number number{address->word[word], address->mask[word]};
    if (!Set(value, mask, &number)) return false;
    address->word[word] = number.value;
    address->mask[word] = number.mask;
    return true;
  }
  static bool SetProtocol(uint32_t protocol, Flow *flow) {
    if (flow->protocol >= 0 && flow->protocol != static_cast<int>(protocol)) return false;
    flow->protocol = static_cast<int>(protocol);
    return true;
  }

  const Graph &graph_;
  std::vector<Flow> flows_;
  std::string unsayable_;
  uint32_t steps_ = 0;
  bool too_many_ = false;
};

uint32_t FlowType(const Flow &flow) {
  bool four = flow.type == 0x800;
  switch (flow.protocol) {
    case IPPROTO_TCP:
      return four ? TCP_V4_FLOW : TCP_V6_FLOW;
    case IPPROTO_UDP:
      return four ? UDP_V4_FLOW : UDP_V6_FLOW;
    case IPPROTO_SCTP:
      return four ? SCTP_V4_FLOW : SCTP_V6_FLOW;
    default:
      return four ? IP_USER_FLOW : IPV6_USER_FLOW;
  }
}

template<typename Spec>
void FillPorts(const Flow &flow, Spec *value, Spec *mask) {
  value->psrc = htons(flow.from.value), mask->psrc = htons(flow.from.mask);
  value->pdst = htons(flow.to.value), mask->pdst = htons(flow.to.mask);
}
template<typename Spec>
void FillAddresses6(const Flow &flow, Spec *value, Spec *mask) {
  for (int i = 0; i < 4; i++) {
    value->ip6src[i] = htonl(flow.source.word[i]), mask->ip6src[i] = htonl(flow.source.mask[i]);
    value->ip6dst[i] = htonl(flow.destination.word[i]), mask->ip6dst[i] = htonl(flow.destination.mask[i]);
  }
}
template<typename Spec>
void FillAddresses4(const Flow &flow, Spec *value, Spec *mask) {
  value->ip4src = htonl(flow.source.word[0]), mask->ip4src = htonl(flow.source.mask[0]);
  value->ip4dst = htonl(flow.destination.word[0]), mask->ip4dst = htonl(flow.destination.mask[0]);
}

// As ethtool(8) fills it: masks have ones where the packet must agree.
ethtool_rx_flow_spec SpecOf(const Flow &flow) {
  ethtool_rx_flow_spec spec{};
  spec.flow_type = FlowType(flow);
  spec.location = RX_CLS_LOC_ANY;
  switch (spec.flow_type) {
    case TCP_V4_FLOW:
    case UDP_V4_FLOW:
    case SCTP_V4_FLOW:
      FillAddresses4(flow, &spec.h_u.tcp_ip4_spec, &spec.m_u.tcp_ip4_spec);
      FillPorts(flow, &spec.h_u.tcp_ip4_spec, &spec.m_u.tcp_ip4_spec);
      break;
    case TCP_V6_FLOW:
    case UDP_V6_FLOW:
    case SCTP_V6_FLOW:
      FillAddresses6(flow, &spec.h_u.tcp_ip6_spec, &spec.m_u.tcp_ip6_spec);
      FillPorts(flow, &spec.h_u.tcp_ip6_spec, &spec.m_u.tcp_ip6_spec);
      break;
    case IP_USER_FLOW:
      FillAddresses4(flow, &spec.h_u.usr_ip4_spec, &spec.m_u.usr_ip4_spec);
      spec.h_u.usr_ip4_spec.ip_ver = ETH_RX_NFC_IP4;
      if (flow.protocol >= 0) spec.h_u.usr_ip4_spec.proto = static_cast<uint8_t>(flow.protocol), spec.m_u.usr_ip4_spec.proto = 0xff;
      break;
    default:
      FillAddresses6(flow, &spec.h_u.usr_ip6_spec, &spec.m_u.usr_ip6_spec);
      if (flow.protocol >= 0) spec.h_u.usr_ip6_spec.l4_proto = static_cast<uint8_t>(flow.protocol), spec.m_u.usr_ip6_spec.l4_proto = 0xff;
      break;
  }
  return spec;
}

// NICs find no ports in fragments, and hash them by what they like, but know their addresses.
void WidenToAddresses(std::vector<Flow> *flows, std::string *why) {
  for (Flow &flow : *flows) {
    flow.protocol = -1;
    flow.from = flow.to = {};
    bool any = true;
    for (int i = 0; i < 4; i++) any &= !flow.source.mask[i] && !flow.destination.mask[i];
    if (any && why->empty()) *why = "it takes fragments too, and names no address that a NIC could know them by";
  }
  if (!why->empty()) flows->clear();
}

// Does the first rule hold every packet of the second?
bool Holds(const ethtool_rx_flow_spec &wide, const ethtool_rx_flow_spec &narrow) {
  if (wide.flow_type != narrow.flow_type) return false;
  for (size_t i = 0; i < sizeof wide.h_u.hdata; i++) {
    uint8_t mask = wide.m_u.hdata[i];
    if ((narrow.m_u.hdata[i] & mask) != mask || (narrow.h_u.hdata[i] & mask) != (wide.h_u.hdata[i] & mask)) return false;
  }
  return true;
}

}  // namespace

Status NicRulesFor(const Filter &filter, std::vector<ethtool_rx_flow_spec> *rules, std::string *why) {
  Graph graph;
  const Filter whole{filter.expression, filter.ForWholePackets()};
  RXB_TRY(BuildGraph({&whole}, kPathsMax, &graph));
  std::vector<Flow> flows;
  RXB_TRY(Paths(graph).Walk(&flows, why));
  if (filter.takes_fragments) WidenToAddresses(&flows, why);
  auto fragment = [](const Flow &flow) { return flow.type == 0x86dd && flow.protocol == IPPROTO_FRAGMENT; };
  bool only_fragments = std::all_of(flows.begin(), flows.end(), fragment);
  for (const Flow &flow : flows) {
    if (fragment(flow) && !only_fragments) continue;
    ethtool_rx_flow_spec spec = SpecOf(flow);
    bool known = false;
    for (const auto &other : *rules) known |= Holds(other, spec);
    if (known) continue;
    for (size_t i = rules->size(); i-- > 0;)
      if (Holds(spec, (*rules)[i])) rules->erase(rules->begin() + static_cast<long>(i));
    rules->push_back(spec);
  }
  if (rules->size() > kNicRulesMax) {
    *why = "it takes more than " + std::to_string(kNicRulesMax) + " NIC rules";
    rules->clear();
  }
  if (rules->empty() && why->empty()) *why = kMatchesNothing;
  return {};
}

}  // namespace rxb::steer
