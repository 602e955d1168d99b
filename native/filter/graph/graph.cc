// Filters as one graph of yes/no questions: the rules one after the other, each path asking only what it doesn't know
// yet.
#include "graph.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "rule_graph.h"

namespace rxb::steer {
namespace {

// How often one question may stand in the graph, for different knowledge: tried in this order until the graph is small
// enough.
constexpr uint32_t kVariants[] = {24, 4, 0};

using Bits = std::vector<uint64_t>;
bool Has(const Bits &bits, Id i) { return bits[i / 64] >> (i % 64) & 1; }
void Put(Bits *bits, Id i) { (*bits)[i / 64] |= uint64_t{1} << (i % 64); }

// The answers that a path has had.
struct Facts {
  Bits known, yes;
};

// What the answer to one test says about another.
class Implications {
 public:
  explicit Implications(const Graph &graph)
      : graph_(graph), by_leaf_(graph.values.size()), lists_(2 * graph.tests.size()) {
    for (Id test = 0; test < graph.tests.size(); test++) {
      const Test &t = graph.tests[test];
      if (t.kind == Test::kInBounds)
        (t.a == kNone ? from_start_ : from_value_[t.a]).push_back(test);
      else if (t.b == kNone)
        EachLeaf(t.a, [&](Id leaf) {
          if (by_leaf_[leaf].empty() || by_leaf_[leaf].back() != test) by_leaf_[leaf].push_back(test);
        });
    }
  }

  struct Implied {
    Id test;
    bool yes;
  };
  const std::vector<Implied> &Of(Id test, bool yes) {
    List &list = lists_[2 * test + yes];
    if (list.made) return list.implied;
    list.made = true;
    auto consider = [&](Id other) {
      int answer = Answer(graph_.tests[test], yes, graph_.tests[other]);
      if (answer >= 0 && other != test) list.implied.push_back({other, answer == 1});
    };
    const Test &t = graph_.tests[test];
    if (t.kind == Test::kInBounds)
      for (Id other : t.a == kNone ? from_start_ : from_value_[t.a]) consider(other);
    else if (t.b == kNone)
      EachLeaf(t.a, [&](Id leaf) { std::for_each(by_leaf_[leaf].begin(), by_leaf_[leaf].end(), consider); });
    return list.implied;
  }

 private:
  struct List {
    bool made = false;
    std::vector<Implied> implied;
  };

  template<typename Visit>
  void EachLeaf(Id id, const Visit &visit) const {
    const Value &value = graph_.values[id];
    if (value.kind == Value::kAlu) {
      EachLeaf(value.a, visit);
      if (value.b != kNone) EachLeaf(value.b, visit);
    } else if (value.kind != Value::kConst) {
      visit(id);
    }
  }

  // A value as (root & mask), which most values are.
  struct Masked {
    Id root;
    uint32_t mask;
  };
  Masked AsMasked(Id id) const {
    const Value &value = graph_.values[id];
    if (value.kind == Value::kAlu && value.op == BPF_AND && graph_.values[value.b].kind == Value::kConst)
      return {value.a, graph_.values[value.b].k};
    return {id, 0xffffffff};
  }

  // The value of `id` if `fixed` is `k`, or -1.
  int64_t Evaluate(Id id, Id fixed, uint32_t k) const {
    if (id == fixed) return k;
    const Value &value = graph_.values[id];
    if (value.kind == Value::kConst) return value.k;
    if (value.kind != Value::kAlu) return -1;
    int64_t a = Evaluate(value.a, fixed, k), b = value.b == kNone ? 0 : Evaluate(value.b, fixed, k);
    if (a < 0 || b < 0 || (b == 0 && (value.op == BPF_DIV || value.op == BPF_MOD))) return -1;
    return Compute(value.op, a, b);
  }

  // 0, 1, or -1: not implied.
  int Answer(const Test &t, bool yes, const Test &u) const {
    if (t.kind == Test::kInBounds) return yes ? (u.k <= t.k ? 1 : -1) : (u.k >= t.k ? 0 : -1);
    if (t.kind == Test::kGreater) {
      if (u.a != t.a) return -1;
      if (u.kind == Test::kGreater) return yes ? (u.k <= t.k ? 1 : -1) : (u.k >= t.k ? 0 : -1);
      return (yes ? u.k <= t.k : u.k > t.k) ? 0 : -1;
    }
    if (yes) {
      int64_t value = Evaluate(u.a, t.a, t.k);
      if (value >= 0) return u.kind == Test::kEqual ? value == u.k : value > u.k;
    }
    if (u.kind != Test::kEqual) return -1;
    Masked one = AsMasked(t.a), other = AsMasked(u.a);
    if (one.root != other.root) return -1;
    uint32_t common = one.mask & other.mask;
    bool agree = (t.k & common) == (u.k & common);
    if (yes) return !agree ? 0 : common == other.mask ? 1 : -1;
    return agree && common == one.mask ? 0 : -1;  // the other would have made this one true
  }

  const Graph &graph_;
  std::vector<std::vector<Id>> by_leaf_;
  std::vector<Id> from_start_;
  std::unordered_map<Id, std::vector<Id>> from_value_;
  std::vector<List> lists_;
};

// Puts the rules behind each other. A node is a question of a rule together with what is known there and matters later.
class Weaver {
 public:
  Weaver(const std::vector<RuleGraph> &rules, Gate gate, Graph *graph)
      : rules_(rules), gate_(gate), graph_(graph), implications_(*graph), words_((graph->tests.size() + 63) / 64) {
    FindRelevant();
  }

  // False if the graph has more nodes than that.
  bool Weave(uint32_t variants_max, uint32_t nodes_max) {
    variants_max_ = variants_max;
    nodes_.clear();
    seen_.clear();
    variants_.clear();
    Facts nothing{Bits(words_), Bits(words_)};
    Target start = FromRule(0, nothing);
    for (size_t i = 0; i < nodes_.size(); i++) {
      if (nodes_.size() > nodes_max) return false;
      Facts yes = nodes_[i].facts, no = nodes_[i].facts;
      uint32_t rule = nodes_[i].rule;
      const Node &node = rules_[rule].nodes[nodes_[i].node];
      Learn(&yes, node.test, true);
      Learn(&no, node.test, false);
      Target to_yes = Resolve(rule, node.yes, yes), to_no = Resolve(rule, node.no, no);  // both may move nodes_
      nodes_[i].yes = to_yes;
      nodes_[i].no = to_no;
    }
    Reduce(start);
    return true;
  }

 private:
  struct Variant {
    uint32_t rule;
    Target node;
    Facts facts;
    Target yes, no;
  };

  // The tests that can still be asked from a node of a rule on: more knowledge would only make equal nodes look
  // different.
  void FindRelevant() {
    relevant_.resize(rules_.size());
    Bits later(words_);
    for (size_t r = rules_.size(); r-- > 0;) {
      const auto &nodes = rules_[r].nodes;
      relevant_[r].assign(nodes.size(), later);
      for (size_t n = nodes.size(); n-- > 0;) {
        Bits &mine = relevant_[r][n];
        Put(&mine, nodes[n].test);
        for (Target next : {nodes[n].yes, nodes[n].no})
          if (next < nodes.size())
            for (size_t w = 0; w < words_; w++) mine[w] |= relevant_[r][next][w];
      }
      for (const Node &node : nodes) Put(&later, node.test);
    }
  }

  void Learn(Facts *facts, Id test, bool yes) {
    auto learn = [facts](Id id, bool answer) {
      Put(&facts->known, id);
      if (answer) Put(&facts->yes, id);
    };
    learn(test, yes);
    for (const auto &implied : implications_.Of(test, yes))
      if (!Has(facts->known, implied.test)) learn(implied.test, implied.yes);
  }

  Target FromRule(uint32_t rule, const Facts &facts) {
    return rule < rules_.size() ? Resolve(rule, rules_[rule].start, facts) : kNobody;
  }

  // Follows the answers that are known to the first that is not.
  Target Resolve(uint32_t rule, Target target, const Facts &facts) {
    for (;;) {
      bool in_gate = rule >= gate_.from && rule < gate_.to;
      if (target == kAccept && !in_gate) return kLeaf | rule;
      if (target == kAccept || target == kReject) {
        if (target == kReject && in_gate && rule + 1 == gate_.to) return kNobody;
        rule = target == kAccept ? gate_.to : rule + 1;
        if (rule == rules_.size()) return kNobody;
        target = rules_[rule].start;
        continue;
      }
      const Node &node = rules_[rule].nodes[target];
      if (!Has(facts.known, node.test)) return Intern(rule, target, facts);
      target = Has(facts.yes, node.test) ? node.yes : node.no;
    }
  }

  static std::string Key(uint32_t rule, Target node, const Facts &facts) {
    std::string key(reinterpret_cast<const char *>(&rule), sizeof rule);
    key.append(reinterpret_cast<const char *>(&node), sizeof node);
    key.append(reinterpret_cast<const char *>(facts.known.data()), facts.known.size() * 8);
    return key.append(reinterpret_cast<const char *>(facts.yes.data()), facts.yes.size() * 8);
  }

  Target Intern(uint32_t rule, Target node, const Facts &all) {
    Facts facts = all;
    const Bits &relevant = relevant_[rule][node];
    for (size_t w = 0; w < words_; w++) facts.known[w] &= relevant[w], facts.yes[w] &= relevant[w];
    auto known = seen_.find(Key(rule, node, facts));
    if (known != seen_.end()) return known->second;
    auto &variants = variants_[uint64_t{rule} << 32 | node];
    if (variants.size() >= variants_max_) {
      // Enough copies: go on with one that knows less, the first of which knows nothing.
      Target best = kNone;
      for (Target each : variants)
        if (KnowsLess(nodes_[each].facts, facts) &&
            (best == kNone || Count(nodes_[each].facts) > Count(nodes_[best].facts)))
          best = each;
      if (best != kNone) return best;
      facts = {Bits(words_), Bits(words_)};
    }
    Target fresh = nodes_.size();
    seen_[Key(rule, node, facts)] = fresh;
    variants.push_back(fresh);
    nodes_.push_back({rule, node, std::move(facts), kNobody, kNobody});
    return fresh;
  }

  bool KnowsLess(const Facts &less, const Facts &more) const {
    for (size_t w = 0; w < words_; w++)
      if (less.known[w] & ~more.known[w] || (less.yes[w] ^ more.yes[w]) & less.known[w]) return false;
    return true;
  }
  static int Count(const Facts &facts) {
    int count = 0;
    for (uint64_t word : facts.known) count += __builtin_popcountll(word);
    return count;
  }

  // Drops questions whose answers lead to the same place, makes equal nodes one, and orders what is left so that the
  // node that follows a yes tends to stand right behind.
  void Reduce(Target start) {
    std::vector<uint32_t> order(nodes_.size());
    for (uint32_t i = 0; i < order.size(); i++) order[i] = i;
    std::sort(order.begin(), order.end(), [this](uint32_t a, uint32_t b) {
      return std::tie(nodes_[a].rule, nodes_[a].node, a) > std::tie(nodes_[b].rule, nodes_[b].node, b);
    });
    std::vector<Target> became(nodes_.size());
    std::vector<Node> kept;
    std::map<std::tuple<Id, Target, Target>, Target> seen;
    auto now = [&](Target target) { return target < became.size() ? became[target] : target; };
    for (uint32_t i : order) {
      Node node{rules_[nodes_[i].rule].nodes[nodes_[i].node].test, now(nodes_[i].yes), now(nodes_[i].no)};
      if (node.yes == node.no) {
        became[i] = node.yes;
        continue;
      }
      auto [at, fresh] = seen.try_emplace({node.test, node.yes, node.no}, kept.size());
      if (fresh) kept.push_back(node);
      became[i] = at->second;
    }
    Lay(kept, now(start));
  }

  void Lay(const std::vector<Node> &nodes, Target start) {
    std::vector<uint8_t> visits(nodes.size());
    std::vector<Target> stack, after;
    if (start < nodes.size()) stack.push_back(start);
    while (!stack.empty()) {
      Target at = stack.back();
      if (++visits[at] == 3) {
        stack.pop_back();
        after.push_back(at);
        continue;
      }
      Target next = visits[at] == 1 ? nodes[at].no : nodes[at].yes;
      if (next < nodes.size() && !visits[next]) stack.push_back(next);
    }
    std::vector<Target> place(nodes.size());
    for (size_t i = 0; i < after.size(); i++) place[after[i]] = after.size() - 1 - i;
    auto moved = [&](Target target) { return target < nodes.size() ? place[target] : target; };
    for (size_t i = after.size(); i-- > 0;) {
      const Node &node = nodes[after[i]];
      graph_->nodes.push_back({node.test, moved(node.yes), moved(node.no)});
    }
    graph_->start = moved(start);
  }

  const std::vector<RuleGraph> &rules_;
  const Gate gate_;
  Graph *graph_;
  Implications implications_;
  size_t words_;
  uint32_t variants_max_ = 0;
  std::vector<std::vector<Bits>> relevant_;
  std::vector<Variant> nodes_;
  std::unordered_map<std::string, Target> seen_;
  std::unordered_map<uint64_t, std::vector<Target>> variants_;
};

}  // namespace

Status BuildGraph(const std::vector<const Filter *> &filters, uint32_t nodes_wanted, Graph *graph, Gate gate) {
  Values values(graph);
  std::vector<RuleGraph> rules(filters.size());
  for (size_t i = 0; i < filters.size(); i++)
    RXB_TRY(BuildRule(filters[i]->code, filters[i]->expression, &values, &rules[i]));
  return Weave(rules, nodes_wanted, graph, gate);
}

Status Weave(const std::vector<RuleGraph> &rules, uint32_t nodes_wanted, Graph *graph, Gate gate) {
  Weaver weaver(rules, gate, graph);
  for (uint32_t variants : kVariants)
    if (weaver.Weave(variants, variants ? nodes_wanted : kNodesMax)) return {};
  return Fail(kSteer, "the rules are too many or too large for one program.");
}

}  // namespace rxb::steer
