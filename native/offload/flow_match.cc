// Which matches preselect what a filter matches: every path to a match, as a list of equalities.
#include "flow_match.h"

#include <netinet/in.h>

#include <algorithm>

namespace rxb::offload {
namespace {

using steer::Graph, steer::Id, steer::kLeaf, steer::kNobody, steer::kNone, steer::Node, steer::Target, steer::Test,
    steer::Value;

constexpr uint32_t kPathsMax = 4096;
constexpr uint32_t kEthernetHeader = 14;
constexpr uint32_t kIpv4 = 0x800, kIpv6 = 0x86dd;  // ethertypes

// What a path knows about the headers.
struct Path {
  uint32_t type = 0;  // ethertype, 0: any
  FlowMatch match;
};

bool HasAddress(const FlowMatch &match) {
  auto any = [](const FlowMatch::Address &address) {
    return std::any_of(std::begin(address.word), std::end(address.word),
                       [](const FlowMatch::Number &word) { return word.mask; });
  };
  return any(match.source) || any(match.destination);
}

class Paths {
 public:
  explicit Paths(const Graph &graph) : graph_(graph) {}

  void Walk(std::vector<FlowMatch> *matches, std::string *why) {
    Follow(graph_.start, Path());
    if (too_many_) *why = "it has too many cases";
    if (!unsayable_.empty()) *why = unsayable_;
    if (why->empty()) *matches = std::move(matches_);
  }

 private:
  void Follow(Target at, const Path &path) {
    if (too_many_ || !unsayable_.empty() || at == kNobody) return;
    if (at & kLeaf) return Found(path);
    if (++steps_ > kPathsMax) too_many_ = true;
    const Node &node = graph_.nodes[at];
    Path yes = path;
    if (Learn(graph_.tests[node.test], &yes)) Follow(node.yes, yes);
    Follow(node.no, path);
  }

  void Found(const Path &path) {
    if (path.type != kIpv4 && path.type != kIpv6)
      unsayable_ = "it matches packets other than IPv4 and IPv6";
    else if (!Narrow(path))
      unsayable_ = "it matches packets of every address and protocol";
    else
      matches_.push_back(MatchOf(path));
  }
  static FlowMatch MatchOf(const Path &path) {
    FlowMatch match = path.match;
    match.four = path.type == kIpv4;
    if (!HasPorts(match.protocol)) match.source_port = match.destination_port = {};
    return match;
  }
  static bool Narrow(const Path &path) { return HasAddress(path.match) || path.match.protocol >= 0; }

  // Adds what a yes says; false if that contradicts what is known. What a rule can't say is left out: the rule is wider
  // then.
  bool Learn(const Test &test, Path *path) const {
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
      if (path->type != kIpv4 || !IsHeaderLength(value->a) || value->op != 2) return true;
      return at == 0   ? Set(test.k, mask & 0xffff, &path->match.source_port)
             : at == 2 ? Set(test.k, mask & 0xffff, &path->match.destination_port)
                       : true;
    }
    if (value->op == 2 && value->k == 12 && mask == 0xffffffff) {
      if (path->type && path->type != test.k) return false;
      path->type = test.k;
      return true;
    }
    if (path->type == kIpv4) {
      if (value->op == 1 && at == 9 && mask == 0xffffffff) return SetProtocol(test.k, path);
      if (value->op == 4 && at == 12) return Set(test.k, mask, &path->match.source.word[0]);
      if (value->op == 4 && at == 16) return Set(test.k, mask, &path->match.destination.word[0]);
    }
    if (path->type == kIpv6) {
      if (value->op == 1 && at == 6 && mask == 0xffffffff) return SetProtocol(test.k, path);
      if (value->op == 4 && at >= 8 && at < 24 && at % 4 == 0)
        return Set(test.k, mask, &path->match.source.word[(at - 8) / 4]);
      if (value->op == 4 && at >= 24 && at < 40 && at % 4 == 0)
        return Set(test.k, mask, &path->match.destination.word[(at - 24) / 4]);
      if (value->op == 2 && at == 40) return Set(test.k, mask & 0xffff, &path->match.source_port);
      if (value->op == 2 && at == 42) return Set(test.k, mask & 0xffff, &path->match.destination_port);
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
  static bool Set(uint32_t value, uint32_t mask, FlowMatch::Number *number) {
    uint32_t common = mask & number->mask;
    if ((value & common) != (number->value & common)) return false;
    number->value |= value & mask;
    number->mask |= mask;
    return true;
  }
  static bool SetProtocol(uint32_t protocol, Path *path) {
    if (path->match.protocol >= 0 && path->match.protocol != static_cast<int>(protocol)) return false;
    path->match.protocol = static_cast<int>(protocol);
    return true;
  }

  const Graph &graph_;
  std::vector<FlowMatch> matches_;
  std::string unsayable_;
  uint32_t steps_ = 0;
  bool too_many_ = false;
};

// NICs find no ports in fragments, and hash them by what they like, but know their addresses.
void WidenToAddresses(std::vector<FlowMatch> *matches, std::string *why) {
  for (FlowMatch &match : *matches) {
    match.protocol = -1;
    match.source_port = match.destination_port = {};
    if (!HasAddress(match) && why->empty())
      *why = "it takes fragments too, and names no address that a NIC could know them by";
  }
  if (!why->empty()) matches->clear();
}

bool Equal(const FlowMatch::Number &a, const FlowMatch::Number &b) { return a.value == b.value && a.mask == b.mask; }
bool Holds(const FlowMatch::Number &wide, const FlowMatch::Number &narrow) {
  return (narrow.mask & wide.mask) == wide.mask && (narrow.value & wide.mask) == wide.value;
}

// Whether `compare` says yes to each pair of numbers.
template<typename Compare>
bool All(const FlowMatch &a, const FlowMatch &b, Compare compare) {
  for (int i = 0; i < 4; i++)
    if (!compare(a.source.word[i], b.source.word[i]) || !compare(a.destination.word[i], b.destination.word[i]))
      return false;
  return compare(a.source_port, b.source_port) && compare(a.destination_port, b.destination_port);
}

}  // namespace

bool HasPorts(int protocol) { return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP; }

bool operator==(const FlowMatch &a, const FlowMatch &b) {
  return a.four == b.four && a.protocol == b.protocol &&
         All(a, b, [](const auto &x, const auto &y) { return Equal(x, y); });
}

// A NIC's rules for TCP, UDP and SCTP are of other types than those for IP packets, and none holds one of another type.
bool Holds(const FlowMatch &wide, const FlowMatch &narrow) {
  if (wide.four != narrow.four || HasPorts(wide.protocol) != HasPorts(narrow.protocol)) return false;
  if (wide.protocol >= 0 && wide.protocol != narrow.protocol) return false;
  return All(wide, narrow, [](const auto &x, const auto &y) { return Holds(x, y); });
}

Status FlowMatchesOf(const steer::Filter &filter, std::vector<FlowMatch> *matches, std::string *why) {
  Graph graph;
  const steer::Filter whole{filter.expression, filter.ForWholePackets()};
  RXB_TRY(steer::BuildGraph({&whole}, kPathsMax, &graph));
  std::vector<FlowMatch> found;
  Paths(graph).Walk(&found, why);
  if (filter.takes_fragments) WidenToAddresses(&found, why);
  auto fragment = [](const FlowMatch &match) { return !match.four && match.protocol == IPPROTO_FRAGMENT; };
  const bool only_fragments = std::all_of(found.begin(), found.end(), fragment);
  for (const FlowMatch &match : found) {
    if (fragment(match) && !only_fragments) continue;
    if (std::any_of(matches->begin(), matches->end(), [&](const FlowMatch &other) { return Holds(other, match); }))
      continue;
    matches->erase(
        std::remove_if(matches->begin(), matches->end(), [&](const FlowMatch &other) { return Holds(match, other); }),
        matches->end());
    matches->push_back(match);
  }
  if (matches->size() > kMatchesMax) {
    *why = "it takes more than " + std::to_string(kMatchesMax) + " NIC rules";
    matches->clear();
  }
  if (matches->empty() && why->empty()) *why = kMatchesNothing;
  return {};
}

std::string ExpressionOf(const FlowMatch &match) {
  const std::string ip = match.four ? "ip" : "ip6";
  std::string text = ip;
  auto equal = [&](const std::string &at, const FlowMatch::Number &number) {
    if (number.mask) text += " and " + at + " & " + std::to_string(number.mask) + " = " + std::to_string(number.value);
  };
  auto address = [&](const FlowMatch::Address &address, uint32_t at) {
    for (uint32_t i = 0; i < (match.four ? 1u : 4u); i++)
      equal(ip + "[" + std::to_string(at + 4 * i) + ":4]", address.word[i]);
  };
  if (match.protocol >= 0) text += " and " + ip + (match.four ? "[9] = " : "[6] = ") + std::to_string(match.protocol);
  address(match.source, match.four ? 12 : 8);
  address(match.destination, match.four ? 16 : 24);
  if (HasPorts(match.protocol)) {
    const std::string header = !match.four                     ? "ip6"
                               : match.protocol == IPPROTO_TCP ? "tcp"
                               : match.protocol == IPPROTO_UDP ? "udp"
                                                               : "sctp";
    const uint32_t at = match.four ? 0 : 40;  // libpcap finds the port of an IPv4 packet only
    equal(header + "[" + std::to_string(at) + ":2]", match.source_port);
    equal(header + "[" + std::to_string(at + 2) + ":2]", match.destination_port);
  }
  return text;
}

}  // namespace rxb::offload
