// One rule as a graph of questions: libpcap's accumulator machine, executed symbolically.
#pragma once
#include <map>
#include <string>
#include <tuple>

#include "graph.h"

namespace rxb::steer {

constexpr uint32_t kNodesMax = 16384;    // of a rule, and of the whole graph: more would not fit a jump's 16 bits
constexpr Target kReject = kNobody - 1;  // inside one rule: it doesn't match
constexpr Target kAccept = kNobody - 2;

// Makes values and tests, equal ones once, and folds what is known at once.
class Values {
 public:
  explicit Values(Graph *graph) : graph_(graph) {}

  Id Const(uint32_t k) { return Intern({Value::kConst, 0, kNone, kNone, k}); }
  Id Length() { return Intern({Value::kLength, 0, kNone, kNone, 0}); }
  Id Load(uint8_t bytes, Id a, uint32_t k) { return Intern({Value::kLoad, bytes, a, kNone, k}); }
  Id Alu(uint8_t op, Id a, Id b) {
    const Value &left = graph_->values[a];
    if (left.kind == Value::kConst && (op == BPF_NEG || graph_->values[b].kind == Value::kConst))
      return Const(Compute(op, left.k, op == BPF_NEG ? 0 : graph_->values[b].k));
    return Intern({Value::kAlu, op, a, b, 0});
  }
  // The id of a test, or what it always says: 0, 1.
  struct Asked {
    Id test;
    int known;
  };
  Asked InBounds(Id a, uint64_t end) {
    if (end > kPacketMaxBytes) return {kNone, 0};
    if (a != kNone && graph_->values[a].kind == Value::kConst) {
      end += graph_->values[a].k;
      if (end > kPacketMaxBytes) return {kNone, 0};
      a = kNone;
    }
    return {InternTest({Test::kInBounds, a, kNone, static_cast<uint32_t>(end)}), -1};
  }
  Asked Compare(Test::Kind kind, Id a, Id b) {
    const Value left = graph_->values[a], right = graph_->values[b];
    if (a == b) return {kNone, kind == Test::kEqual};
    if (right.kind == Value::kConst) {
      if (left.kind == Value::kConst) return {kNone, kind == Test::kEqual ? left.k == right.k : left.k > right.k};
      uint32_t most = MaxOf(*graph_, a);
      if (kind == Test::kEqual ? right.k > most : right.k >= most) return {kNone, 0};
      return {InternTest({kind, a, kNone, right.k}), -1};
    }
    return {InternTest({kind, a, b, 0}), -1};
  }
  const Test &test(Id id) const { return graph_->tests[id]; }

 private:
  Id Intern(const Value &value) {
    auto [at, fresh] = values_.try_emplace({value.kind, value.op, value.a, value.b, value.k}, graph_->values.size());
    if (fresh) graph_->values.push_back(value);
    return at->second;
  }
  Id InternTest(const Test &test) {
    auto [at, fresh] = tests_.try_emplace({test.kind, test.a, test.b, test.k}, graph_->tests.size());
    if (fresh) graph_->tests.push_back(test);
    return at->second;
  }
  Graph *graph_;
  std::map<std::tuple<int, int, Id, Id, uint32_t>, Id> values_;
  std::map<std::tuple<int, Id, Id, uint32_t>, Id> tests_;
};

struct RuleGraph {
  std::vector<Node> nodes;  // in the order of their instructions; leaves are kAccept and kReject
  Target start;
};

// `expression` is for messages.
Status BuildRule(const std::vector<sock_filter> &code, const std::string &expression, Values *values, RuleGraph *rule);

// Puts rules over `graph`'s tests behind each other; for `nodes_wanted` see BuildGraph().
Status Weave(const std::vector<RuleGraph> &rules, uint32_t nodes_wanted, Graph *graph, Gate gate = {});

}  // namespace rxb::steer
