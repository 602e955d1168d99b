// Fragments of IP datagrams: only the first has ports, so a rule that reads them either leaves all or takes all.
//
// Leaving is one question more where the rule would match. Taking asks the rule again as if it knew neither the ports
// nor what else stands behind the IP header: each such question has both answers, and the fragment matches when one way
// through the rule does.
#include "fragments.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <iterator>
#include <map>
#include <string>

#include "../wire/fields.gen.h"
#include "emit/emit_cbpf.h"
#include "graph/rule_graph.h"

namespace rxb::steer {
namespace {

namespace wire = rxburst::wire;

constexpr uint32_t kTypeAt = wire::ethernet::kType, kVlanBytes = wire::vlan::kBytes, kTagsMax = 2;
constexpr uint16_t kTagTypes[] = {0x8100, 0x88a8, 0x9100};  // those that libpcap's `vlan` knows
constexpr uint16_t kTypeIp4 = 0x800, kTypeIp6 = 0x86dd;
constexpr uint32_t kOffsetAt = wire::ipv4::kFragmentOffset, kOffsetBits = wire::ipv4::kFragmentOffsetMask,
                   kFragmentBits = 0x3fff;  // IPv4: the offset; and MF
constexpr uint32_t kNextAt = wire::ipv6::kNextHeader, kHeader6Bytes = wire::ipv6::kBytes;
constexpr uint8_t kFragmentHeader = 44;
// Extension headers that may stand in front of a Fragment header: hop-by-hop, routing, destination options (RFC
// 8200, 4.1).
constexpr uint8_t kInFront[] = {0, 43, 60};

// Words that are read behind the IP header, where `[` follows.
constexpr const char *kHeadersBehindIp[] = {"tcp",  "udp", "sctp", "icmp", "icmp6", "igmp",
                                            "igrp", "pim", "vrrp", "carp", "esp",   "ah"};
constexpr const char *kPortWords[] = {"port", "portrange", "geneve", "vxlan"};

template<typename List, typename Item>
bool Contains(const List &list, const Item &item) {
  return std::find(std::begin(list), std::end(list), item) != std::end(list);
}

// Where a fragment's headers stand.
struct Place {
  uint32_t ip;  // the IP header's first byte
  enum Kind { kIp4, kIp6, kIp6BehindAnother } kind;
};

// A rule's graph while it is rewritten: nodes in any order, put into theirs at the end.
class Rewriter {
 public:
  explicit Rewriter(Graph *graph) : graph_(*graph), values_(graph) {}

  Status Rewrite(Fragments fragments, const Filter &filter, RuleGraph *out) {
    RuleGraph rule;
    RXB_TRY(BuildRule(filter.code, filter.expression, &values_, &rule));
    nodes_ = rule.nodes;
    rule_nodes_ = static_cast<uint32_t>(rule.nodes.size());
    rule_start_ = rule.start;
    Target start = rule.start;
    if (fragments == Fragments::kLeave) {
      Target ask = AskForFragment([](const Place &) { return kReject; }, kAccept);
      for (uint32_t i = 0; i < rule_nodes_; i++)
        for (Target *to : {&nodes_[i].yes, &nodes_[i].no})
          if (*to == kAccept) *to = ask;
      if (start == kAccept) start = ask;
    } else {
      start = AskForFragment([this](const Place &place) { return Possible(place); }, rule.start);
    }
    if (nodes_.size() > kNodesMax) return Fail(kSteer, "the filter `%s` is too large.", filter.expression.c_str());
    Sort(start, out);
    return {};
  }

 private:
  // ---- is it a fragment? ----

  Target Ask(Values::Asked asked, Target yes, Target no) {
    if (asked.known >= 0) return asked.known ? yes : no;
    if (yes == no) return yes;
    nodes_.push_back({asked.test, yes, no});
    return static_cast<Target>(nodes_.size() - 1);
  }
  Values::Asked Equal(Id value, uint32_t k) { return values_.Compare(Test::kEqual, value, values_.Const(k)); }
  Values::Asked Reaches(uint32_t end) { return values_.InBounds(kNone, end); }
  Id Load(uint8_t bytes, uint32_t at) { return values_.Load(bytes, kNone, at); }

  // Leads to found(place) for a fragment whose headers stand there, else to `whole`.
  template<typename Found>
  Target AskForFragment(const Found &found, Target whole) {
    Target next = whole;
    for (uint32_t tags = kTagsMax + 1; tags-- > 0;) {
      const uint32_t type_at = kTypeAt + tags * kVlanBytes;
      const Id type = Load(2, type_at);
      Target here = whole;
      if (tags < kTagsMax)
        for (uint16_t tag : kTagTypes) here = Ask(Equal(type, tag), next, here);
      here = Ask(Equal(type, kTypeIp6), AskIp6(type_at + 2, found, whole), here);
      here = Ask(Equal(type, kTypeIp4), AskIp4(type_at + 2, found, whole), here);
      next = Ask(Reaches(type_at + 2), here, whole);
    }
    return next;
  }
  template<typename Found>
  Target AskIp4(uint32_t ip, const Found &found, Target whole) {
    Id bits = values_.Alu(BPF_AND, Load(2, ip + kOffsetAt), values_.Const(kFragmentBits));
    return Ask(Reaches(ip + kOffsetAt + 2), Ask(Equal(bits, 0), whole, found({ip, Place::kIp4})), whole);
  }
  template<typename Found>
  Target AskIp6(uint32_t ip, const Found &found, Target whole) {
    const Id first = Load(1, ip + kNextAt), second = Load(1, ip + kHeader6Bytes);
    const Values::Asked has_second = Reaches(ip + kHeader6Bytes + 1);
    Target behind =
        Ask(has_second, Ask(Equal(second, kFragmentHeader), found({ip, Place::kIp6BehindAnother}), whole), whole);
    Target here = whole;
    for (uint8_t header : kInFront) here = Ask(Equal(first, header), behind, here);
    // One whose Fragment header is cut off belongs to nobody.
    here = Ask(Equal(first, kFragmentHeader), Ask(has_second, found({ip, Place::kIp6}), kReject), here);
    return Ask(Reaches(ip + kNextAt + 1), here, whole);
  }

  // ---- may its datagram match? ----

  // The rule, asked about a fragment: several of its nodes at once, where a question has both answers.
  using States = std::vector<Target>;  // ascending, each once; indices of the rule's nodes

  Target Possible(const Place &place) {
    made_.clear();
    open_.clear();
    Target start = Enter({rule_start_}, place);
    for (size_t i = 0; i < open_.size() && nodes_.size() <= kNodesMax; i++) {
      const Open open = open_[i];
      Target yes = Enter(After(open, true, place), place), no = Enter(After(open, false, place), place);
      nodes_[open.node].yes = yes;
      nodes_[open.node].no = no;
    }
    return start;
  }

  struct Open {
    States states;
    Target node;
    Id test;
  };

  // The node that stands for these states.
  Target Enter(const States &from, const Place &place) {
    States states;
    if (!Settle(from, place, &states)) return kAccept;
    if (states.empty()) return kReject;
    auto [at, fresh] = made_.try_emplace(states, static_cast<Target>(nodes_.size()));
    if (!fresh) return at->second;
    const Id test = AsFragment(nodes_[states[0]].test, place).test;
    nodes_.push_back({test, kReject, kReject});
    open_.push_back({states, at->second, test});
    return at->second;
  }

  // Goes on until every state is at a question that the fragment answers; false: one of them matches already.
  bool Settle(const States &from, const Place &place, States *settled) {
    std::vector<Target> todo = from;
    std::map<Target, bool> seen;
    while (!todo.empty()) {
      Target at = todo.back();
      todo.pop_back();
      if (at == kAccept) return false;
      if (at == kReject || !seen.try_emplace(at, true).second) continue;
      const Node node = nodes_[at];
      const Answer answer = AsFragment(node.test, place);
      if (answer.yes) todo.push_back(node.yes);
      if (answer.no) todo.push_back(node.no);
      if (!answer.yes && !answer.no) settled->push_back(at);
    }
    std::sort(settled->begin(), settled->end());
    return true;
  }
  States After(const Open &open, bool yes, const Place &place) {
    States next;
    for (Target at : open.states) {
      const Node node = nodes_[at];
      bool asked = AsFragment(node.test, place).test == open.test;
      next.push_back(!asked ? at : yes ? node.yes : node.no);
    }
    return next;
  }

  // A question of the rule, put to a fragment: the answers that it may have, or the test that gives it.
  struct Answer {
    bool yes, no;
    Id test;
  };
  static constexpr Answer kYes{true, false, kNone}, kNo{false, true, kNone}, kEither{true, true, kNone};

  Answer AsFragment(Id id, const Place &place) {
    const Test test = graph_.tests[id];
    const Answer itself{false, false, id};
    const bool six = place.kind != Place::kIp4;
    // What is unknown is long enough.
    if (test.kind == Test::kInBounds) {
      bool beyond = test.a == kNone ? six && test.k > place.ip + kHeader6Bytes + 1 : Unknown(test.a, place);
      return beyond ? kYes : itself;
    }
    if (Unknown(test.a, place) || (test.b != kNone && Unknown(test.b, place))) return kEither;
    if (test.kind != Test::kEqual || test.b != kNone) return itself;
    const Value value = graph_.values[test.a];
    if (IsLoad(value, 2, place.ip - 2)) return test.k == (six ? kTypeIp6 : kTypeIp4) ? kYes : kNo;
    if (IsLoad(value, 2, kTypeAt) && !Contains(kTagTypes, test.k)) return kNo;  // it is tagged
    // libpcap asks whether it is the first fragment before it reads ports.
    if (!six && value.kind == Value::kAlu && value.op == BPF_AND && test.k == 0 && IsConst(value.b, kOffsetBits) &&
        IsLoad(graph_.values[value.a], 2, place.ip + kOffsetAt))
      return kYes;
    if (!six || !IsLoad(value, 1, place.ip + kNextAt)) return itself;
    if (place.kind == Place::kIp6BehindAnother) return kEither;
    // The protocol stands in the Fragment header.
    if (test.k == kFragmentHeader) return kYes;
    const Values::Asked instead = Equal(Load(1, place.ip + kHeader6Bytes), test.k);
    return instead.known >= 0 ? (instead.known ? kYes : kNo) : Answer{false, false, instead.test};
  }
  bool IsConst(Id id, uint32_t k) const { return graph_.values[id].kind == Value::kConst && graph_.values[id].k == k; }
  static bool IsLoad(const Value &value, uint8_t bytes, uint32_t at) {
    return value.kind == Value::kLoad && value.a == kNone && value.op == bytes && value.k == at;
  }
  // Does the value depend on what stands behind the IP header?
  bool Unknown(Id id, const Place &place) const {
    const Value &value = graph_.values[id];
    if (value.kind == Value::kAlu)
      return IsHeaderLength(value) || Unknown(value.a, place) || (value.b != kNone && Unknown(value.b, place));
    if (value.kind != Value::kLoad) return false;
    if (value.a != kNone) return Unknown(value.a, place);
    const uint32_t payload = place.ip + kHeader6Bytes;
    return place.kind != Place::kIp4 && value.k + value.op > payload && !IsLoad(value, 1, payload);
  }
  // 4 * (byte & 15), by which libpcap finds what stands behind an IPv4 header.
  bool IsHeaderLength(const Value &value) const {
    if (value.op != BPF_LSH || !IsConst(value.b, 2)) return false;
    const Value &low = graph_.values[value.a];
    return low.kind == Value::kAlu && low.op == BPF_AND && IsConst(low.b, 15) &&
           graph_.values[low.a].kind == Value::kLoad;
  }

  // Numbers the nodes that can be reached so that targets lie behind.
  void Sort(Target start, RuleGraph *out) const {
    std::vector<uint8_t> visits(nodes_.size());
    std::vector<Target> stack, after, place(nodes_.size());
    if (start < nodes_.size()) stack.push_back(start);
    while (!stack.empty()) {
      Target at = stack.back();
      if (visits[at] == 2) {
        stack.pop_back();
        if (visits[at]++ == 2) after.push_back(at);
        continue;
      }
      if (visits[at] > 2) {
        stack.pop_back();
        continue;
      }
      Target next = visits[at]++ == 0 ? nodes_[at].no : nodes_[at].yes;
      if (next < nodes_.size() && !visits[next]) stack.push_back(next);
    }
    for (size_t i = 0; i < after.size(); i++) place[after[i]] = static_cast<Target>(after.size() - 1 - i);
    auto moved = [&](Target to) { return to < nodes_.size() ? place[to] : to; };
    for (size_t i = after.size(); i-- > 0;)
      out->nodes.push_back({nodes_[after[i]].test, moved(nodes_[after[i]].yes), moved(nodes_[after[i]].no)});
    out->start = moved(start);
  }

  Graph &graph_;
  Values values_;
  std::vector<Node> nodes_;  // the rule's own come first
  uint32_t rule_nodes_ = 0;
  Target rule_start_ = kReject;
  std::map<States, Target> made_;
  std::vector<Open> open_;
};

bool IsWordByte(char c) {
  return isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == '_' || c == ':';
}

}  // namespace

bool ReadsPorts(const char *expression) {
  for (const char *at = expression; *at;) {
    if (!IsWordByte(*at)) {
      at++;
      continue;
    }
    const char *from = at;
    while (IsWordByte(*at)) at++;
    const std::string word(from, at);
    if (Contains(kPortWords, word)) return true;
    if (at[strspn(at, " \t\n\r")] == '[' && Contains(kHeadersBehindIp, word)) return true;
  }
  return false;
}

Status ApplyFragments(Fragments fragments, Filter *filter) {
  if (fragments == Fragments::kAsLibpcap || !ReadsPorts(filter->expression.c_str())) return {};
  Graph graph;
  std::vector<RuleGraph> rules(1);
  RXB_TRY(Rewriter(&graph).Rewrite(fragments, *filter, &rules[0]));
  RXB_TRY(Weave(rules, kSocketNodesWanted / 2, &graph));
  std::vector<sock_filter> code;
  if (!EmitClassic(graph, &code))
    return Fail(kSteer,
                "the filter `%s` is too large, because fragments need one more test. A simpler filter may pass.",
                filter->expression.c_str());
  filter->whole = std::move(filter->code);
  filter->code = std::move(code);
  filter->takes_fragments = fragments == Fragments::kTake;
  return {};
}

}  // namespace rxb::steer
