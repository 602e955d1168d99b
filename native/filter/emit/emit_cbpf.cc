// From the graph of rules to one classic BPF program. Generated from the last instruction to the first, because jumps
// go forward and their conditional kind reaches 255 instructions only.
#include "emit_cbpf.h"

#include <algorithm>
#include <unordered_map>

namespace rxb::steer {
namespace {

constexpr uint32_t kTagAt = 12, kTagBytes = 4;
constexpr uint32_t kAncillary = static_cast<uint32_t>(SKF_AD_OFF);
constexpr uint32_t kAccepts = 0xffffffff;
constexpr uint32_t kNear = 250;  // instructions that a conditional jump surely reaches

// The graph for a packet whose outer VLAN tag lies in the kernel's metadata.
class TagsApart {
 public:
  explicit TagsApart(const Graph &from) : from_(from), to_(from), became_(from.values.size(), kNone) {
    to_.values.clear();
  }

  Status Rewrite(Graph *out) {
    for (Test &test : to_.tests) {
      if (test.a != kNone) test.a = Moved(test.a);
      if (test.b != kNone) test.b = Moved(test.b);
      if (test.kind == Test::kInBounds)
        test.k = test.a == kNone && test.k <= kTagAt + 2 + kTagBytes ? 0 : test.k - kTagBytes;
    }
    if (early_)
      return Fail(kSteer,
                  "an offset computed from the packet may lie in front of byte 16, where the kernel has taken the VLAN "
                  "tag off. Add a "
                  "constant that is 16 or more.");
    *out = std::move(to_);
    return {};
  }

 private:
  Id Add(const Value &value) { return to_.values.push_back(value), to_.values.size() - 1; }
  Id Const(uint32_t k) { return Add({Value::kConst, 0, kNone, kNone, k}); }
  Id Alu(uint8_t op, Id a, uint32_t k) { return Add({Value::kAlu, op, a, Const(k), 0}); }
  Id Metadata(uint32_t which) { return Add({Value::kLoad, 2, kNone, kNone, kAncillary + which}); }

  Id Moved(Id id) {
    if (became_[id] == kNone) became_[id] = Make(from_.values[id]);
    return became_[id];
  }
  Id Make(Value value) {
    switch (value.kind) {
      case Value::kConst:
        return Add(value);
      case Value::kLength:
        return Alu(BPF_ADD, Add(value), kTagBytes);
      case Value::kAlu:
        value.a = Moved(value.a);
        if (value.b != kNone) value.b = Moved(value.b);
        return Add(value);
      case Value::kLoad:
        break;
    }
    uint32_t end = value.k + value.op;
    if (value.a != kNone) {
      value.a = Moved(value.a);
      if (value.k < kTagAt + kTagBytes) early_ = true;
      value.k -= kTagBytes;
      return Add(value);
    }
    if (end <= kTagAt) return Add(value);
    if (value.k >= kTagAt + kTagBytes) return value.k -= kTagBytes, Add(value);
    if (value.op == 2 && value.k == kTagAt) return Metadata(SKF_AD_VLAN_TPID);
    if (value.op == 2 && value.k == kTagAt + 2) return Metadata(SKF_AD_VLAN_TAG);
    Id whole = kNone;  // put together byte by byte
    for (uint32_t at = value.k; at < end; at++) {
      Id byte = Byte(at);
      uint32_t shift = 8 * (end - 1 - at);
      if (shift) byte = Alu(BPF_LSH, byte, shift);
      whole = whole == kNone ? byte : Add({Value::kAlu, BPF_OR, whole, byte, 0});
    }
    return whole;
  }
  Id Byte(uint32_t at) {
    if (at < kTagAt) return Add({Value::kLoad, 1, kNone, kNone, at});
    if (at >= kTagAt + kTagBytes) return Add({Value::kLoad, 1, kNone, kNone, at - kTagBytes});
    Id half = Metadata(at < kTagAt + 2 ? SKF_AD_VLAN_TPID : SKF_AD_VLAN_TAG);
    return (at - kTagAt) % 2 ? Alu(BPF_AND, half, 0xff) : Alu(BPF_RSH, half, 8);
  }

  const Graph &from_;
  Graph to_;
  std::vector<Id> became_;
  bool early_ = false;
};

// Positions are counted from the program's end.
class Backwards {
 public:
  static constexpr uint32_t kNext = 0xffffffff;

  uint32_t Here() const { return code_.size(); }
  void Push(uint16_t code, uint32_t k = 0) { code_.push_back({code, 0, 0, k}); }
  void Push(const sock_filter &instruction) { code_.push_back(instruction); }
  void Jump(uint32_t to) {
    if (to != Here()) Push(BPF_JMP | BPF_JA, Here() - to);
  }
  void Branch(uint16_t code, uint32_t k, uint32_t yes, uint32_t no) {
    uint32_t next = Here();
    auto reach = [&](uint32_t to) {
      if (to == kNext) return next;
      if (Here() - to < kNear) return to;
      Push(BPF_JMP | BPF_JA, Here() - to);
      return Here();
    };
    uint32_t to_yes = reach(yes), to_no = reach(no);
    code_.push_back({static_cast<uint16_t>(BPF_JMP | code), static_cast<uint8_t>(Here() - to_yes),
                     static_cast<uint8_t>(Here() - to_no), k});
  }
  std::vector<sock_filter> Finish() { return std::reverse(code_.begin(), code_.end()), std::move(code_); }

 private:
  std::vector<sock_filter> code_;
};

class Generator {
 public:
  Generator(const Graph &graph, const std::vector<bool> &take, uint32_t accepts, uint32_t refuses, Backwards *out)
      : graph_(graph),
        take_(take),
        accepts_(accepts),
        refuses_(refuses),
        out_(*out),
        entries_(graph.nodes.size()),
        places_(graph.nodes.size()) {}

  // Returns the place to begin at.
  uint32_t Emit() {
    std::vector<Target> before(graph_.nodes.size(), kNobody);
    for (uint32_t i = 0; i < graph_.nodes.size(); i++)
      for (Target next : {graph_.nodes[i].yes, graph_.nodes[i].no})
        if (next < entries_.size()) entries_[next]++, before[next] = i;
    for (uint32_t i = graph_.nodes.size(); i-- > 0;) {
      EmitNode(graph_.nodes[i], entries_[i] == 1 && KeepsValue(graph_.nodes[before[i]], graph_.nodes[i]));
      places_[i] = out_.Here();
    }
    return PlaceOf(graph_.start);
  }
  bool failed() const { return failed_; }

 private:
  uint32_t PlaceOf(Target target) const {
    if (target < places_.size()) return places_[target];
    return target != kNobody && take_[target & ~kLeaf] ? accepts_ : refuses_;
  }

  // Does the accumulator still hold what the next node asks about?
  bool KeepsValue(const Node &before, const Node &after) const {
    const Test &one = graph_.tests[before.test], &two = graph_.tests[after.test];
    return one.kind != Test::kInBounds && two.kind != Test::kInBounds && one.b == kNone && two.b == kNone &&
           one.a == two.a && !Masked(one) && !Masked(two);
  }
  // `value & k == 0` is one instruction.
  bool Masked(const Test &test) const {
    if (test.kind != Test::kEqual || test.b != kNone || test.k != 0) return false;
    const Value &value = graph_.values[test.a];
    return value.kind == Value::kAlu && value.op == BPF_AND && graph_.values[value.b].kind == Value::kConst;
  }

  void EmitNode(const Node &node, bool loaded) {
    const Test &test = graph_.tests[node.test];
    uint32_t yes = PlaceOf(node.yes), no = PlaceOf(node.no);
    if (test.kind == Test::kInBounds) return EmitInBounds(test, node, yes, no);
    uint16_t operation = test.kind == Test::kEqual ? BPF_JEQ : BPF_JGT;
    body_.clear();
    if (test.b != kNone) {
      EvaluateTwo(test.a, test.b, 0);
      out_.Branch(operation | BPF_X, 0, yes, no);
    } else if (Masked(test)) {
      Evaluate(graph_.values[test.a].a, 0);
      out_.Branch(BPF_JSET | BPF_K, graph_.values[graph_.values[test.a].b].k, no, yes);
    } else {
      if (!loaded) Evaluate(test.a, 0);
      out_.Branch(operation | BPF_K, test.k, yes, no);
    }
    PushBody();
  }
  void PushBody() {
    for (size_t i = body_.size(); i-- > 0;) out_.Push(body_[i]);
  }

  void EmitInBounds(const Test &test, const Node &node, uint32_t yes, uint32_t no) {
    // The kernel refuses the packet by itself when a load fails, if the very next thing is that load.
    if (test.k == 0 ||
        (no == refuses_ && node.yes < entries_.size() && LoadsAtOnce(graph_.tests[graph_.nodes[node.yes].test], test)))
      return out_.Jump(yes);
    if (test.a == kNone) {
      out_.Branch(BPF_JGE | BPF_K, test.k, yes, no);
      return out_.Push(BPF_LD | BPF_W | BPF_LEN);
    }
    out_.Branch(BPF_JGE | BPF_X, 0, yes, no);
    out_.Push(BPF_LD | BPF_W | BPF_LEN);
    out_.Push(BPF_MISC | BPF_TAX);
    out_.Push(BPF_ALU | BPF_ADD | BPF_K, test.k);
    out_.Branch(BPF_JGT | BPF_K, kPacketMaxBytes - test.k, no, Backwards::kNext);
    body_.clear();
    Evaluate(test.a, 0);
    PushBody();
  }
  bool LoadsAtOnce(const Test &next, const Test &bounds) const {
    // the kernel's offset is a signed int
    if (bounds.a != kNone && MaxOf(graph_, bounds.a) > kPacketMaxBytes) return false;
    if (next.kind == Test::kInBounds && next.a == kNone) return false;
    return Loads(next.a, bounds) || (next.b != kNone && Loads(next.b, bounds));
  }
  bool Loads(Id id, const Test &bounds) const {
    const Value &value = graph_.values[id];
    if (value.kind == Value::kAlu) return Loads(value.a, bounds) || (value.b != kNone && Loads(value.b, bounds));
    if (value.kind != Value::kLoad) return false;
    return (value.a == bounds.a && value.k + value.op == bounds.k) || (value.a != kNone && Loads(value.a, bounds));
  }

  // 4 * (byte & 15), the length of an IPv4 header, has an instruction of its own.
  bool IsHeaderLength(Id id, uint32_t *at) const {
    auto by = [this](Id operand, uint8_t op, uint32_t k) {
      const Value &value = graph_.values[operand];
      return value.kind == Value::kAlu && value.op == op && graph_.values[value.b].kind == Value::kConst &&
             graph_.values[value.b].k == k;
    };
    if (!by(id, BPF_LSH, 2) || !by(graph_.values[id].a, BPF_AND, 15)) return false;
    const Value &byte = graph_.values[graph_.values[graph_.values[id].a].a];
    *at = byte.k;
    return byte.kind == Value::kLoad && byte.op == 1 && byte.a == kNone && byte.k < kAncillary;
  }

  void Add(uint16_t code, uint32_t k = 0) { body_.push_back({code, 0, 0, k}); }

  // Puts the value into A.
  void Evaluate(Id id, uint32_t depth) {
    const Value &value = graph_.values[id];
    uint32_t header;
    switch (value.kind) {
      case Value::kConst:
        return Add(BPF_LD | BPF_IMM, value.k);
      case Value::kLength:
        return Add(BPF_LD | BPF_W | BPF_LEN);
      case Value::kLoad: {
        uint16_t size = value.op == 1 ? BPF_B : value.op == 2 ? BPF_H : BPF_W;
        if (value.a == kNone) return Add(BPF_LD | size | BPF_ABS, value.k);
        if (IsHeaderLength(value.a, &header))
          Add(BPF_LDX | BPF_B | BPF_MSH, header);
        else
          Evaluate(value.a, depth), Add(BPF_MISC | BPF_TAX);
        return Add(BPF_LD | size | BPF_IND, value.k);
      }
      case Value::kAlu:
        break;
    }
    if (value.op == BPF_NEG) return Evaluate(value.a, depth), Add(BPF_ALU | BPF_NEG);
    bool shift = value.op == BPF_LSH || value.op == BPF_RSH;
    const Value &right = graph_.values[value.b];
    if (right.kind == Value::kConst) {
      if (shift && right.k > 31) return Add(BPF_LD | BPF_IMM, 0);
      return Evaluate(value.a, depth), Add(BPF_ALU | value.op | BPF_K, right.k);
    }
    EvaluateTwo(value.a, value.b, depth);
    if (!shift || MaxOf(graph_, value.b) < 32) return Add(BPF_ALU | value.op | BPF_X);
    Add(BPF_ST, depth);
    Add(BPF_MISC | BPF_TXA);
    body_.push_back({BPF_JMP | BPF_JGE | BPF_K, 3, 0, 32});
    Add(BPF_LD | BPF_MEM, depth);
    Add(BPF_ALU | value.op | BPF_X);
    Add(BPF_JMP | BPF_JA, 1);
    Add(BPF_LD | BPF_IMM, 0);
  }

  // Puts a into A and b into X.
  void EvaluateTwo(Id a, Id b, uint32_t depth) {
    if (depth >= BPF_MEMWORDS) failed_ = true;
    if (failed_) return;
    Evaluate(b, depth);
    Add(BPF_ST, depth);
    Evaluate(a, depth + 1);
    Add(BPF_LDX | BPF_MEM, depth);
  }

  const Graph &graph_;
  const std::vector<bool> &take_;
  uint32_t accepts_, refuses_;
  Backwards &out_;
  std::vector<uint32_t> entries_, places_;
  std::vector<sock_filter> body_;
  bool failed_ = false;
};

}  // namespace

bool EmitClassic(const Graph &graph, std::vector<sock_filter> *code) {
  Backwards out;
  out.Push(BPF_RET | BPF_K, 0);
  uint32_t refuses = out.Here();
  out.Push(BPF_RET | BPF_K, kAccepts);
  uint32_t accepts = out.Here();
  const std::vector<bool> take{true};
  Generator generator(graph, take, accepts, refuses, &out);
  uint32_t begin = generator.Emit();
  out.Jump(begin);
  if (generator.failed() || out.Here() > BPF_MAXINSNS) return false;
  *code = out.Finish();
  return true;
}

Status BuildClassic(const ClassicRequest &request, std::vector<sock_filter> *code) {
  Graph graph, apart;
  RXB_TRY(BuildGraph(*request.filters, request.tags_apart ? kSocketNodesWanted / 2 : kSocketNodesWanted, &graph));
  Backwards out;
  out.Push(BPF_RET | BPF_K, 0);
  uint32_t refuses = out.Here();
  out.Push(BPF_RET | BPF_K, kAccepts);
  uint32_t accepts = out.Here();
  Generator plain(graph, *request.take, accepts, refuses, &out);
  uint32_t begin = plain.Emit(), begin_apart = begin;
  bool failed = plain.failed();
  if (request.tags_apart && !graph.nodes.empty()) {
    RXB_TRY(TagsApart(graph).Rewrite(&apart));
    Generator tagged(apart, *request.take, accepts, refuses, &out);
    begin_apart = tagged.Emit();
    failed |= tagged.failed();
    out.Branch(BPF_JEQ | BPF_K, 0, begin, begin_apart);
    out.Push(BPF_LD | BPF_B | BPF_ABS, kAncillary + SKF_AD_VLAN_TAG_PRESENT);
  } else {
    out.Jump(begin);
  }
  if (failed || out.Here() > BPF_MAXINSNS)
    return Fail(
        kSteer,
        "the rules make a socket filter of %u instructions; the kernel takes %u. Fewer or simpler rules may pass.",
        out.Here(), BPF_MAXINSNS);
  *code = out.Finish();
  return {};
}

}  // namespace rxb::steer
