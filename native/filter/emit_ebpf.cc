// From the graph of rules to eBPF instructions for XDP, in a form that the kernel's verifier follows.
//
// Values are computed where they are needed, in 32-bit registers. Comparisons for equality leave the packet's byte order alone
// and swap the constant instead. The loads that are used most live in registers; so does the first packet pointer with a
// variable part (others: on the stack), because the verifier forgets what it proved about a pointer that is computed again.
#include "emit_ebpf.h"

#include <algorithm>
#include <unordered_map>

namespace rxb::steer {

bool Assembler::Finish(bpf::Code *code) {
  std::vector<int64_t> jump_to(code_.size(), -1);
  for (auto [at, label] : jumps_) jump_to[at] = places_[label];
  // The verifier wants no instruction that can't be reached: find those that can.
  std::vector<bool> reached(code_.size());
  std::vector<size_t> open{0};
  while (!open.empty()) {
    size_t at = open.back();
    open.pop_back();
    if (at >= code_.size() || reached[at]) continue;
    reached[at] = true;
    const bpf_insn &in = code_[at];
    bool leaves = in.code == (BPF_JMP | BPF_EXIT), wide = in.code == (BPF_LD | BPF_DW | BPF_IMM);
    if (wide) reached[at + 1] = true;
    if (jump_to[at] >= 0) open.push_back(jump_to[at]);
    if (!leaves && !(jump_to[at] >= 0 && in.code == (BPF_JMP | BPF_JA))) open.push_back(at + (wide ? 2 : 1));
  }
  std::vector<int64_t> place(code_.size() + 1);
  for (size_t at = 0; at < code_.size(); at++) place[at + 1] = place[at] + reached[at];
  for (size_t at = 0; at < code_.size(); at++) {
    if (!reached[at]) continue;
    if (jump_to[at] >= 0) {
      int64_t distance = place[jump_to[at]] - place[at] - 1;
      if (distance < 0 || distance > 0x7fff) return false;
      code_[at].off = static_cast<int16_t>(distance);
    }
    code->push_back(code_[at]);
  }
  return true;
}

namespace {

using Label = Assembler::Label;
// R0, R1 and R2 are temporary.
constexpr uint8_t kCached[] = {3, 4, 5};  // one often used load each, as it lies in the packet
constexpr uint8_t kPointer = 9;           // Access::kDirect: the packet pointer with the first variable part
constexpr uint8_t kLength = 9;            // else: the packet's length
constexpr uint8_t kFrame = 10;

// The stack: packet pointers, then intermediate results, then what bpf_xdp_load_bytes fetched.
constexpr uint32_t kPointersMax = 32, kSpillsMax = 30;
constexpr int16_t kSpills = -8 * static_cast<int>(kPointersMax), kFetched = -512;

uint8_t SizeOf(uint8_t bytes) { return bytes == 1 ? BPF_B : bytes == 2 ? BPF_H : BPF_W; }
// A big-endian constant of that many bytes, as a little-endian machine loads it.
uint32_t Swapped(uint32_t k, uint8_t bytes) {
  if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ || bytes == 1) return k;
  return bytes == 2 ? __builtin_bswap16(k) : __builtin_bswap32(k);
}

class Matcher {
 public:
  Matcher(const Graph &graph, Access access, const std::vector<Label> &rules, Label nobody, Assembler *out)
      : graph_(graph), access_(access), rules_(rules), nobody_(nobody), out_(*out) {}

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

  Label LabelOf(Target target) const {
    if (target == kNobody) return nobody_;
    return target & kLeaf ? rules_[target & ~kLeaf] : labels_[target];
  }

  // Registers that hold what they are kept for, as bits: one per cached load, then one per variable part.
  uint64_t CachedBit(Id load) const { return cached_.count(load) ? uint64_t{1} << (cached_.at(load) - kCached[0]) : 0; }
  uint64_t PointerBit(Id part) const {
    auto found = pointers_.find(part);
    return found == pointers_.end() ? 0 : uint64_t{1} << (sizeof kCached + found->second);
  }
  int16_t PointerSlot(Id part) const {
    return static_cast<int16_t>(-8 * static_cast<int>(pointers_.at(part)));
  }  // the first is in kPointer

  void Reaches(Target target, uint64_t available) {
    if (target < available_.size()) available_[target] &= available;
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
  // Compares 32 bits. DPDK has only jumps on 64: the upper half is 0 there too, but a constant must not bring its sign along.
  void BranchTo(uint8_t operation, uint8_t dst, uint32_t k, Label to) {
    if (access_ != Access::kMbuf) return out_.Branch(BPF_JMP32 | operation | BPF_K, dst, 0, static_cast<int32_t>(k), to);
    if (k <= 0x7fffffff) return out_.Branch(BPF_JMP | operation | BPF_K, dst, 0, static_cast<int32_t>(k), to);
    out_.Emit(bpf::Insn(BPF_ALU | BPF_MOV | BPF_K, 2, 0, 0, static_cast<int32_t>(k)));
    out_.Branch(BPF_JMP | operation | BPF_X, dst, 2, 0, to);
  }
  uint8_t JumpClass() const { return access_ == Access::kMbuf ? BPF_JMP : BPF_JMP32; }
  // Goes on at `to`, without a jump if that is emitted next.
  void GoOn(Target to) {
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
      return GoOn(node.yes);
    }
    uint8_t pointer = kData;
    Reaches(node.no, now_);
    if (test.a != kNone) pointer = PointerTo(test.a, node.no);
    out_.Emit(bpf::MovReg(0, pointer));
    out_.Emit(bpf::Alu64Imm(BPF_ADD, 0, static_cast<int32_t>(test.k)));
    out_.Branch(BPF_JMP | BPF_JGT | BPF_X, 0, kDataEnd, 0, LabelOf(node.no));
    GoOn(node.yes);
  }

  // A register that points to the packet's byte `part`; made here unless it is there already.
  uint8_t PointerTo(Id part, Target beyond) {
    bool in_register = pointers_.at(part) == 0;
    uint8_t pointer = in_register ? kPointer : 1;
    if (now_ & PointerBit(part)) {
      if (!in_register) out_.Emit(bpf::Load(BPF_DW, pointer, kFrame, PointerSlot(part)));
      return pointer;
    }
    Evaluate(part, 0);
    // The verifier wants to know that pointer and offset together stay below 64 KiB.
    uint32_t most = kPacketMaxBytes - ends_.at(part);
    if (!SeenSmall(part, most)) {
      out_.Emit(bpf::Insn(BPF_ALU | BPF_MOV | BPF_X, 0, 0, 0, 0));  // shows that the upper half is 0
      Reaches(beyond, now_);
      out_.Branch(BPF_JMP | BPF_JGT | BPF_K, 0, 0, static_cast<int32_t>(most), LabelOf(beyond));
    }
    out_.Emit(bpf::MovReg(pointer, kData));
    out_.Emit(bpf::Alu64(BPF_ADD, pointer, 0));
    if (!in_register) out_.Emit(bpf::Store(BPF_DW, kFrame, PointerSlot(part), pointer));
    now_ |= PointerBit(part);
    return pointer;
  }
  // Will the verifier see by itself that the value is at most that?
  bool SeenSmall(Id id, uint32_t most) const {
    const Value &value = graph_.values[id];
    if (value.kind == Value::kConst) return value.k <= most;
    if (value.kind != Value::kAlu || value.b == kNone || graph_.values[value.b].kind != Value::kConst) return false;
    if (value.op == BPF_AND) return graph_.values[value.b].k <= most;
    return value.op == BPF_LSH && MaxOf(graph_, id) <= most && SeenSmall(value.a, most);
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
        return GoOn(cases[0].to);
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
        return GoOn(cases[0].to);
      }
    }
    std::sort(cases.begin(), cases.end(), [](const Case &a, const Case &b) { return a.k < b.k; });
    Search(reg, cases.data(), cases.size(), rest, true);
  }
  void Search(uint8_t reg, const Case *cases, size_t count, Target rest, bool last) {
    if (count <= 4) {
      for (size_t i = 0; i < count; i++) Branch(BPF_JEQ, reg, cases[i].k, cases[i].to);
      if (last) return GoOn(rest);
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
    GoOn(node.no);
  }

  // Puts the value into R0.
  void Evaluate(Id id, uint32_t depth) {
    const Value value = graph_.values[id];
    switch (value.kind) {
      case Value::kConst:
        out_.Emit(bpf::Insn(BPF_ALU | BPF_MOV | BPF_K, 0, 0, 0, static_cast<int32_t>(value.k)));
        break;
      case Value::kLength:
        out_.Emit(bpf::MovReg(0, access_ == Access::kDirect ? kDataEnd : kLength));
        if (access_ == Access::kDirect) out_.Emit(bpf::Alu64(BPF_SUB, 0, kData));
        break;
      case Value::kLoad: {
        uint8_t reg = LoadRaw(id, depth);
        if (reg != 0) out_.Emit(bpf::MovReg(0, reg));
        if (value.op > 1 && access_ != Access::kMbuf) out_.Emit(bpf::Insn(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 8 * value.op));
        break;
      }
      case Value::kAlu:
        EvaluateAlu(value, depth);
        break;
    }
  }

  void EvaluateAlu(const Value &value, uint32_t depth) {
    if (value.op == BPF_NEG) {
      Evaluate(value.a, depth);
      return out_.Emit(bpf::Insn(BPF_ALU | BPF_NEG, 0, 0, 0, 0));
    }
    bool shift = value.op == BPF_LSH || value.op == BPF_RSH;
    const Value &right = graph_.values[value.b];
    if (right.kind == Value::kConst) {
      if (shift && right.k > 31) return out_.Emit(bpf::MovImm(0, 0));
      Evaluate(value.a, depth);
      return out_.Emit(bpf::Insn(BPF_ALU | value.op | BPF_K, 0, 0, 0, static_cast<int32_t>(right.k)));
    }
    EvaluateTwo(value.a, value.b, depth);
    if (!shift) return out_.Emit(bpf::Insn(BPF_ALU | value.op | BPF_X, 0, 1, 0, 0));
    // The machine looks at the lowest five bits only; libpcap's interpreter shifts everything out.
    Label small = out_.NewLabel(), done = out_.NewLabel();
    BranchTo(BPF_JLT, 1, 32, small);
    out_.Emit(bpf::MovImm(0, 0));
    out_.Jump(done);
    out_.Place(small);
    out_.Emit(bpf::Insn(BPF_ALU | value.op | BPF_X, 0, 1, 0, 0));
    out_.Place(done);
  }

  // Puts a into R0 and b into R1.
  void EvaluateTwo(Id a, Id b, uint32_t depth) {
    if (depth >= kSpillsMax) failed_ = true;
    if (failed_) return;
    int16_t slot = static_cast<int16_t>(kSpills - 8 * static_cast<int>(depth + 1));
    Evaluate(b, depth);
    out_.Emit(bpf::Store(BPF_DW, kFrame, slot, 0));
    Evaluate(a, depth + 1);
    out_.Emit(bpf::Load(BPF_DW, 1, kFrame, slot));
  }

  // Loads packet bytes as they lie there; returns the register, R0 or the one that is kept for them.
  uint8_t LoadRaw(Id id, uint32_t depth) {
    const Value &load = graph_.values[id];
    if (now_ & CachedBit(id)) return cached_.at(id);
    uint8_t to = CachedBit(id) ? cached_.at(id) : 0;
    now_ |= CachedBit(id);
    if (access_ == Access::kFragments || (access_ == Access::kHelper && load.a != kNone)) {
      Fetch(load, depth);
      return to;
    }
    if (access_ == Access::kMbuf) {
      if (load.a != kNone) Evaluate(load.a, depth);
      out_.Emit(bpf::Insn(BPF_LD | SizeOf(load.op) | (load.a == kNone ? BPF_ABS : BPF_IND), 0, 0, 0, static_cast<int32_t>(load.k)));
      return 0;
    }
    uint8_t from = kData;
    if (load.a != kNone && !(now_ & PointerBit(load.a))) failed_ = true;  // whoever asks for bytes has asked for their bounds
    if (failed_) return to;
    if (load.a != kNone) from = PointerTo(load.a, kNobody);
    int16_t offset = static_cast<int16_t>(load.k);
    if (load.k > 0x7fff) {
      out_.Emit(bpf::MovReg(2, from));
      out_.Emit(bpf::Alu64Imm(BPF_ADD, from = 2, static_cast<int32_t>(load.k)));
      offset = 0;
    }
    out_.Emit(bpf::Load(SizeOf(load.op), to, from, offset));
    return to;
  }
  void Fetch(const Value &load, uint32_t depth) {
    if (load.a == kNone)
      out_.Emit(bpf::MovImm(2, static_cast<int32_t>(load.k)));
    else
      Evaluate(load.a, depth), out_.Emit(bpf::MovReg(2, 0)), out_.Emit(bpf::Alu64Imm(BPF_ADD, 2, static_cast<int32_t>(load.k)));
    out_.Emit(bpf::MovReg(1, kContext));
    out_.Emit(bpf::MovReg(3, kFrame));
    out_.Emit(bpf::Alu64Imm(BPF_ADD, 3, kFetched));
    out_.Emit(bpf::MovImm(4, load.op));
    out_.Emit(bpf::Helper(BPF_FUNC_xdp_load_bytes));
    out_.Emit(bpf::Load(SizeOf(load.op), 0, kFrame, kFetched));
  }

  const Graph &graph_;
  Access access_;
  const std::vector<Label> &rules_;
  Label nobody_;
  Assembler &out_;
  bool failed_ = false;
  uint32_t at_ = 0;
  uint64_t now_ = 0;
  std::vector<Label> labels_;
  std::vector<bool> in_chain_;
  std::vector<uint64_t> available_;
  std::unordered_map<Id, uint8_t> cached_;
  std::unordered_map<Id, uint32_t> pointers_;
  std::unordered_map<Id, uint32_t> ends_;
};

}  // namespace

bool EmitMatcher(const Graph &graph, Access access, const std::vector<Label> &rules, Label nobody, Assembler *out) {
  return Matcher(graph, access, rules, nobody, out).Emit();
}

}  // namespace rxb::steer
