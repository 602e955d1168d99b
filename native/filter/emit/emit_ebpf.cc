// From the graph of rules to eBPF instructions for XDP, in a form that the kernel's verifier follows.
//
// Values are computed where they are needed, in 32-bit registers. Comparisons for equality leave the packet's byte
// order alone and swap the constant instead. The loads that are used most live in registers; so does the first packet
// pointer with a variable part (others: on the stack), because the verifier forgets what it proved about a pointer that
// is computed again.
#include "emit_ebpf.h"

#include <algorithm>

#include "value_emitter.h"

namespace rxb::steer {

namespace {

using Label = Assembler::Label;

// A big-endian constant of that many bytes, as a little-endian machine loads it.
uint32_t Swapped(uint32_t k, uint8_t bytes) {
  if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ || bytes == 1) return k;
  return bytes == 2 ? __builtin_bswap16(k) : __builtin_bswap32(k);
}

class Matcher : ValueEmitter {
 public:
  Matcher(const Graph &graph, Access access, const std::vector<Label> &rules, Label nobody, Assembler *out)
      : ValueEmitter(graph, access, rules, nobody, out) {}

  bool Emit() {
    Survey();
    if (access_ == Access::kDirect && pointers_.size() > kPointersMax) return false;
    if (access_ != Access::kMbuf) {
      out_.Emit(bpf::Load(BPF_W, kData, kContext, 0));
      out_.Emit(bpf::Load(BPF_W, kDataEnd, kContext, 4));
    }
    if (access_ == Access::kHelper || access_ == Access::kFragments) {
      out_.Emit(bpf::MovReg(1, kContext));
      out_.Emit(bpf::Helper(BPF_FUNC_xdp_get_buff_len));
      out_.Emit(bpf::MovReg(kLength, 0));
    }
    for (size_t i = 0; i < graph_.nodes.size(); i++) labels_.push_back(out_.NewLabel());
    available_.assign(graph_.nodes.size(), ~uint64_t{0});
    if (graph_.start < graph_.nodes.size())
      available_[graph_.start] = 0;
    else
      out_.Jump(LabelOf(graph_.start));
    for (at_ = 0; at_ < graph_.nodes.size(); at_++)
      if (!in_chain_[at_]) EmitNode(graph_.nodes[at_]);
    return !failed_;
  }

 private:
  // A value as (load & mask), compared without swapping bytes.
  struct Raw {
    Id load = kNone;
    uint32_t mask = 0xffffffff;
    uint8_t bytes = 0;
  };
  Raw AsRaw(Id id) const {
    if (access_ == Access::kMbuf) return {};  // its loads swap
    const Value &value = graph_.values[id];
    if (value.kind == Value::kLoad) return {id, 0xffffffff, value.op};
    if (value.kind == Value::kAlu && value.op == BPF_AND && graph_.values[value.a].kind == Value::kLoad &&
        graph_.values[value.b].kind == Value::kConst)
      return {value.a, graph_.values[value.b].k, graph_.values[value.a].op};
    return {};
  }

  // Which loads to keep, which variable parts there are, which nodes are the continuation of a chain of comparisons.
  void Survey() {
    std::vector<uint32_t> entries(graph_.nodes.size()), uses(graph_.values.size());
    for (const Node &node : graph_.nodes)
      for (Target next : {node.yes, node.no})
        if (next < entries.size()) entries[next]++;
    in_chain_.assign(graph_.nodes.size(), false);
    for (uint32_t i = 0; i < graph_.nodes.size(); i++) {
      const Node &node = graph_.nodes[i];
      const Test &test = graph_.tests[node.test];
      if (test.kind == Test::kInBounds) {
        if (test.a != kNone && !pointers_.count(test.a)) pointers_.emplace(test.a, pointers_.size());
        if (test.a != kNone) ends_[test.a] = std::max(ends_[test.a], test.k);
      }
      if (test.kind == Test::kEqual && test.b == kNone && node.no < entries.size() && entries[node.no] == 1) {
        const Test &next = graph_.tests[graph_.nodes[node.no].test];
        if (next.kind == Test::kEqual && next.b == kNone && next.a == test.a) in_chain_[node.no] = true;
      }
      if (test.kind != Test::kInBounds && !in_chain_[i]) {
        Count(test.a, &uses);
        if (test.b != kNone) Count(test.b, &uses);
      }
    }
    if (access_ != Access::kDirect) return;  // calls would spoil the registers
    for (uint8_t reg : kCached) {
      Id most = std::max_element(uses.begin(), uses.end()) - uses.begin();
      if (most == uses.size() || uses[most] < 2) break;
      cached_[most] = reg;
      uses[most] = 0;
    }
  }
  void Count(Id id, std::vector<uint32_t> *uses) {
    const Value &value = graph_.values[id];
    if (value.kind == Value::kLoad) ++(*uses)[id];
    if (value.kind == Value::kAlu) {
      Count(value.a, uses);
      if (value.b != kNone) Count(value.b, uses);
    }
  }

  void EmitNode(const Node &node) {
    out_.Place(labels_[at_]);
    const Test &test = graph_.tests[node.test];
    now_ = available_[at_];
    if (test.kind == Test::kInBounds)
      EmitInBounds(test, node);
    else if (test.kind == Test::kEqual && test.b == kNone)
      EmitChain(node);
    else
      EmitComparison(test, node);
  }

  void Branch(uint8_t operation, uint8_t dst, uint32_t k, Target to) {
    Reaches(to, now_);
    BranchTo(operation, dst, k, LabelOf(to));
  }
  // Continues at `to`, without a jump if that is emitted next.
  void ContinueAt(Target to) {
    Reaches(to, now_);
    Target next = at_ + 1;
    while (next < in_chain_.size() && in_chain_[next]) next++;
    if (to != next) out_.Jump(LabelOf(to));
  }

  void EmitInBounds(const Test &test, const Node &node) {
    if (access_ == Access::kFragments || access_ == Access::kMbuf || (access_ == Access::kHelper && test.a != kNone)) {
      if (test.a == kNone) {
        Branch(BPF_JLT, kLength, test.k, node.no);
      } else {
        Evaluate(test.a, 0);
        Branch(BPF_JGT, 0, kPacketMaxBytes - test.k, node.no);
        out_.Emit(bpf::Alu64Imm(BPF_ADD, 0, static_cast<int32_t>(test.k)));
        Reaches(node.no, now_);
        out_.Branch(JumpClass() | BPF_JGT | BPF_X, 0, kLength, 0, LabelOf(node.no));
      }
      return ContinueAt(node.yes);
    }
    uint8_t pointer = kData;
    Reaches(node.no, now_);
    if (test.a != kNone) pointer = PointerTo(test.a, node.no);
    out_.Emit(bpf::MovReg(0, pointer));
    out_.Emit(bpf::Alu64Imm(BPF_ADD, 0, static_cast<int32_t>(test.k)));
    out_.Branch(BPF_JMP | BPF_JGT | BPF_X, 0, kDataEnd, 0, LabelOf(node.no));
    ContinueAt(node.yes);
  }

  struct Case {
    uint32_t k;
    Target to;
  };

  // Comparisons of one value with several constants: a binary search when there are many.
  void EmitChain(const Node &head) {
    Id value = graph_.tests[head.test].a;
    Raw raw = AsRaw(value);
    std::vector<Case> cases;
    Target rest = at_;
    do {
      const Node &node = graph_.nodes[rest];
      uint32_t k = graph_.tests[node.test].k;
      if ((k & ~raw.mask) == 0) cases.push_back({raw.bytes ? Swapped(k, raw.bytes) : k, node.yes});
      rest = node.no;
    } while (rest < in_chain_.size() && in_chain_[rest]);
    uint8_t reg = 0;
    if (!raw.bytes) {
      Evaluate(value, 0);
    } else {
      reg = LoadRaw(raw.load, 0);
      uint32_t mask = Swapped(raw.mask, raw.bytes);
      if (cases.size() == 1 && cases[0].k == 0 && raw.mask != 0xffffffff) {
        Branch(BPF_JSET, reg, mask, rest);
        return ContinueAt(cases[0].to);
      }
      if (raw.mask != 0xffffffff) {
        if (reg != 0) out_.Emit(bpf::MovReg(0, reg));
        out_.Emit(bpf::Insn(BPF_ALU | BPF_AND | BPF_K, reg = 0, 0, 0, static_cast<int32_t>(mask)));
      }
    }
    if (cases.size() == 1) {
      Target next = at_ + 1;
      if (cases[0].to == next) {
        Branch(BPF_JNE, reg, cases[0].k, rest);
        return ContinueAt(cases[0].to);
      }
    }
    std::sort(cases.begin(), cases.end(), [](const Case &a, const Case &b) { return a.k < b.k; });
    Search(reg, cases.data(), cases.size(), rest, true);
  }
  void Search(uint8_t reg, const Case *cases, size_t count, Target rest, bool last) {
    if (count <= 4) {
      for (size_t i = 0; i < count; i++) Branch(BPF_JEQ, reg, cases[i].k, cases[i].to);
      if (last) return ContinueAt(rest);
      Reaches(rest, now_);
      return out_.Jump(LabelOf(rest));
    }
    size_t half = count / 2;
    Label upper = out_.NewLabel();
    BranchTo(BPF_JGE, reg, cases[half].k, upper);
    Search(reg, cases, half, rest, false);
    out_.Place(upper);
    Search(reg, cases + half, count - half, rest, last);
  }

  void EmitComparison(const Test &test, const Node &node) {
    uint8_t operation = test.kind == Test::kEqual ? BPF_JEQ : BPF_JGT;
    if (test.b == kNone) {
      Evaluate(test.a, 0);
      Branch(operation, 0, test.k, node.yes);
    } else {
      EvaluateTwo(test.a, test.b, 0);
      Reaches(node.yes, now_);
      out_.Branch(JumpClass() | operation | BPF_X, 0, 1, 0, LabelOf(node.yes));
    }
    ContinueAt(node.no);
  }

  uint32_t at_ = 0;
  std::vector<bool> in_chain_;
};

}  // namespace

bool EmitMatcher(const Graph &graph, Access access, const std::vector<Label> &rules, Label nobody, Assembler *out) {
  return Matcher(graph, access, rules, nobody, out).Emit();
}

}  // namespace rxb::steer
