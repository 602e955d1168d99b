// One rule as a graph of questions: libpcap's accumulator machine, executed symbolically.
#include "rule_graph.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>

namespace rxb::steer {
namespace {

// The machine at one instruction. What is never read again is kNone, so that equal continuations meet.
struct Machine {
  uint32_t pc = 0;
  Id a = kNone, x = kNone, memory[BPF_MEMWORDS];
  Machine() { std::fill_n(memory, BPF_MEMWORDS, kNone); }
  auto Key() const {
    std::string key(reinterpret_cast<const char *>(&pc), sizeof pc);
    key.append(reinterpret_cast<const char *>(&a), sizeof a);
    key.append(reinterpret_cast<const char *>(&x), sizeof x);
    return key.append(reinterpret_cast<const char *>(memory), sizeof memory);
  }
};

// One rule, executed symbolically: every path, meeting again where the machine is the same.
class RuleBuilder {
 public:
  RuleBuilder(const std::vector<sock_filter> &code, const std::string &expression, Values *values)
      : code_(code), expression_(expression), values_(*values) {}

  Status Build(RuleGraph *rule) {
    FindLive();
    Machine start;
    start.a = start.x = values_.Const(0);
    RXB_TRY(Run(start, &rule->start));
    for (size_t i = 0; i < open_.size(); i++) {
      // `open_` grows inside Run; the machines are taken by value for that reason.
      Open open = open_[i];
      Target yes, no;
      RXB_TRY(Run(open.yes, open.yes_rejects, &yes));
      RXB_TRY(Run(open.no, open.no_rejects, &no));
      nodes_[i].yes = yes;
      nodes_[i].no = no;
    }
    Sort(rule);
    return {};
  }

 private:
  struct Open {
    Machine yes, no;
    bool yes_rejects, no_rejects;
  };

  // Which of A (bit 0), X (bit 1) and M[i] (bit 2 + i) are read at or after an instruction before they are written.
  void FindLive() {
    const auto &code = code_;
    live_.assign(code.size() + 1, 0);
    for (size_t pc = code.size(); pc-- > 0;) {
      const sock_filter &in = code[pc];
      uint32_t live = live_[pc + 1];
      uint32_t cell = 4u << (in.k & 15);
      bool by_x = BPF_SRC(in.code) == BPF_X;
      switch (BPF_CLASS(in.code)) {
        case BPF_LD:
          live &= ~1u;
          if (BPF_MODE(in.code) == BPF_IND) live |= 2;
          if (BPF_MODE(in.code) == BPF_MEM) live |= cell;
          break;
        case BPF_LDX:
          live &= ~2u;
          if (BPF_MODE(in.code) == BPF_MEM) live |= cell;
          break;
        case BPF_ST:
          live = (live & ~cell) | 1;
          break;
        case BPF_STX:
          live = (live & ~cell) | 2;
          break;
        case BPF_ALU:
          live |= by_x && BPF_OP(in.code) != BPF_NEG ? 3 : 1;
          break;
        case BPF_JMP:
          if (BPF_OP(in.code) == BPF_JA)
            live = At(pc + 1 + in.k);
          else
            live = At(pc + 1 + in.jt) | At(pc + 1 + in.jf) | (by_x ? 3 : 1);
          break;
        case BPF_RET:
          live = BPF_RVAL(in.code) == BPF_A ? 1 : 0;
          break;
        case BPF_MISC:
          live = BPF_MISCOP(in.code) == BPF_TAX ? (live & ~2u) | 1 : (live & ~1u) | 2;
          break;
      }
      live_[pc] = live;
    }
  }
  uint32_t At(size_t pc) const { return pc < live_.size() ? live_[pc] : 0; }

  Status Run(const Machine &from, bool rejects, Target *target) {
    if (!rejects) return Run(from, target);
    *target = kReject;
    return {};
  }

  // Executes from a machine to the next open question.
  Status Run(Machine m, Target *target) {
    const auto &code = code_;
    while (m.pc < code.size()) {
      Forget(&m);
      auto known = seen_.find(m.Key());
      if (known != seen_.end()) {
        *target = known->second;
        return {};
      }
      const sock_filter &in = code[m.pc];
      Values::Asked asked{kNone, 1};
      Machine yes = m, no = m;
      bool yes_rejects = false, no_rejects = false;
      switch (BPF_CLASS(in.code)) {
        case BPF_RET: {
          if (BPF_RVAL(in.code) != BPF_A) {
            *target = in.k ? kAccept : kReject;
            return {};
          }
          // Accept unless A is 0: the jump to an instruction behind the last one accepts.
          asked = values_.Compare(Test::kEqual, m.a, values_.Const(0));
          yes_rejects = true;
          no.pc = code.size();
          break;
        }
        case BPF_JMP:
          if (BPF_OP(in.code) == BPF_JA) {
            yes.pc += 1 + in.k;
          } else {
            bool swapped;
            asked = Jump(in, m, &swapped);
            yes.pc += 1 + (swapped ? in.jf : in.jt);
            no.pc += 1 + (swapped ? in.jt : in.jf);
          }
          break;
        case BPF_LD:
        case BPF_LDX:
          asked = LoadFrom(in, m, &yes, &no_rejects);
          break;
        case BPF_ALU: {
          Id operand = BPF_OP(in.code) == BPF_NEG ? kNone : BPF_SRC(in.code) == BPF_X ? m.x : values_.Const(in.k);
          if (BPF_OP(in.code) == BPF_DIV || BPF_OP(in.code) == BPF_MOD) {
            asked = values_.Compare(Test::kEqual, operand, values_.Const(0));
            yes_rejects = true;
            if (asked.known != 1) no.a = values_.Alu(BPF_OP(in.code), m.a, operand);
            no.pc++;
          } else {
            yes.a = values_.Alu(BPF_OP(in.code), m.a, operand);
            yes.pc++;
          }
          break;
        }
        case BPF_ST:
          yes.memory[in.k & 15] = m.a, yes.pc++;
          break;
        case BPF_STX:
          yes.memory[in.k & 15] = m.x, yes.pc++;
          break;
        case BPF_MISC:
          (BPF_MISCOP(in.code) == BPF_TAX ? yes.x = m.a : yes.a = m.x), yes.pc++;
          break;
      }
      if (asked.known >= 0) {
        if (asked.known ? yes_rejects : no_rejects) {
          *target = kReject;
          return {};
        }
        m = asked.known ? yes : no;
        continue;
      }
      if (nodes_.size() >= kNodesMax) return Fail(kSteer, "the filter `%s` is too large.", expression_.c_str());
      *target = nodes_.size();
      seen_[m.Key()] = *target;
      nodes_.push_back({asked.test, m.pc, kReject, kReject});
      open_.push_back({yes, no, yes_rejects, no_rejects});
      return {};
    }
    *target = kAccept;
    return {};
  }

  // JSET and JGE X are asked the other way round: A & k == 0, X > A.
  Values::Asked Jump(const sock_filter &in, const Machine &m, bool *swapped) {
    bool by_x = BPF_SRC(in.code) == BPF_X;
    Id operand = by_x ? m.x : values_.Const(in.k);
    *swapped = BPF_OP(in.code) == BPF_JSET || (BPF_OP(in.code) == BPF_JGE && by_x);
    switch (BPF_OP(in.code)) {
      case BPF_JEQ:
        return values_.Compare(Test::kEqual, m.a, operand);
      case BPF_JGT:
        return values_.Compare(Test::kGreater, m.a, operand);
      case BPF_JSET:
        return values_.Compare(Test::kEqual, values_.Alu(BPF_AND, m.a, operand), values_.Const(0));
      default:
        break;  // BPF_JGE
    }
    if (by_x) return values_.Compare(Test::kGreater, operand, m.a);
    return in.k ? values_.Compare(Test::kGreater, m.a, values_.Const(in.k - 1)) : Values::Asked{kNone, 1};
  }

  Values::Asked LoadFrom(const sock_filter &in, const Machine &m, Machine *yes, bool *no_rejects) {
    Id *result = BPF_CLASS(in.code) == BPF_LD ? &yes->a : &yes->x;
    yes->pc++;
    switch (BPF_MODE(in.code)) {
      case BPF_IMM:
        *result = values_.Const(in.k);
        return {kNone, 1};
      case BPF_LEN:
        *result = values_.Length();
        return {kNone, 1};
      case BPF_MEM:
        *result = m.memory[in.k & 15] == kNone ? values_.Const(0) : m.memory[in.k & 15];
        return {kNone, 1};
      default:
        break;
    }
    *no_rejects = true;
    bool header = BPF_MODE(in.code) == BPF_MSH;
    uint8_t bytes = header || BPF_SIZE(in.code) == BPF_B ? 1 : BPF_SIZE(in.code) == BPF_H ? 2 : 4;
    Id index = BPF_MODE(in.code) == BPF_IND ? m.x : kNone;
    uint64_t from = in.k;
    Values::Asked asked = values_.InBounds(index, from + bytes);
    if (asked.known == 0) return asked;
    const Test test = values_.test(asked.test);
    Id load = values_.Load(bytes, test.a, test.k - bytes);
    *result = header ? values_.Alu(BPF_LSH, values_.Alu(BPF_AND, load, values_.Const(15)), values_.Const(2)) : load;
    return asked;
  }

  void Forget(Machine *m) const {
    uint32_t live = live_[m->pc];
    if (!(live & 1)) m->a = kNone;
    if (!(live & 2)) m->x = kNone;
    for (int i = 0; i < BPF_MEMWORDS; i++)
      if (!(live & (4u << i))) m->memory[i] = kNone;
  }

  void Sort(RuleGraph *rule) {
    std::vector<uint32_t> order(nodes_.size()), place(nodes_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [this](uint32_t a, uint32_t b) { return nodes_[a].pc < nodes_[b].pc; });
    for (size_t i = 0; i < order.size(); i++) place[order[i]] = i;
    auto moved = [&](Target target) { return target < nodes_.size() ? place[target] : target; };
    for (uint32_t index : order)
      rule->nodes.push_back({nodes_[index].test, moved(nodes_[index].yes), moved(nodes_[index].no)});
    rule->start = moved(rule->start);
  }

  const std::vector<sock_filter> &code_;
  const std::string &expression_;
  Values &values_;
  std::vector<uint32_t> live_;
  struct Found {
    Id test;
    uint32_t pc;
    Target yes, no;
  };
  std::vector<Found> nodes_;
  std::vector<Open> open_;
  std::unordered_map<std::string, Target> seen_;
};

}  // namespace

uint32_t Compute(uint8_t op, uint32_t a, uint32_t b) {
  switch (op) {
    case BPF_ADD:
      return a + b;
    case BPF_SUB:
      return a - b;
    case BPF_MUL:
      return a * b;
    case BPF_DIV:
      return b ? a / b : 0;
    case BPF_MOD:
      return b ? a % b : 0;
    case BPF_AND:
      return a & b;
    case BPF_OR:
      return a | b;
    case BPF_XOR:
      return a ^ b;
    case BPF_LSH:
      return b < 32 ? a << b : 0;
    case BPF_RSH:
      return b < 32 ? a >> b : 0;
    default:
      return -a;  // BPF_NEG
  }
}

uint32_t MaxOf(const Graph &graph, Id id) {
  const Value &value = graph.values[id];
  if (value.kind == Value::kConst) return value.k;
  if (value.kind == Value::kLoad) return value.op == 4 ? 0xffffffff : (1u << (8 * value.op)) - 1;
  if (value.kind == Value::kLength) return kPacketMaxBytes;
  if (value.op == BPF_NEG) return 0xffffffff;
  uint64_t a = MaxOf(graph, value.a), b = MaxOf(graph, value.b), most = 0xffffffff;
  bool fixed = graph.values[value.b].kind == Value::kConst;
  switch (value.op) {
    case BPF_ADD:
      most = a + b;
      break;
    case BPF_MUL:
      most = a * b;
      break;
    case BPF_AND:
      most = std::min(a, b);
      break;
    case BPF_DIV:
      most = a;
      break;
    case BPF_RSH:
      most = fixed ? Compute(BPF_RSH, a, b) : a;
      break;
    case BPF_LSH:
      most = fixed && b < 32 ? a << b : most;
      break;
    default:
      break;
  }
  return static_cast<uint32_t>(std::min<uint64_t>(most, 0xffffffff));
}

Status BuildRule(const std::vector<sock_filter> &code, const std::string &expression, Values *values, RuleGraph *rule) {
  return RuleBuilder(code, expression, values).Build(rule);
}

}  // namespace rxb::steer
