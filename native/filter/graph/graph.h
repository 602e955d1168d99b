// Filters as one graph of yes/no questions about pure functions of the packet: what every code generator starts from.
//
// libpcap's accumulator machine is executed symbolically, so registers vanish; each packet access becomes the question
// whether it lies inside the packet, then a value. Rules are asked in order, the first that matches wins. What one rule
// found out is not asked again by the next: 64 rules on UDP ports parse the headers once.
#pragma once
#include <cstdint>
#include <vector>

#include "../compile.h"

namespace rxb::steer {

using Id = uint32_t;
constexpr Id kNone = 0xffffffff;
constexpr uint32_t kPacketMaxBytes = 0xffff;  // nothing longer is looked at: the kernel's packet pointers end there too

// A 32-bit number computed from the packet. Shared: equal values have equal ids.
struct Value {
  enum Kind : uint8_t { kConst, kLength, kLoad, kAlu } kind;
  uint8_t op;  // kLoad: bytes (1, 2, 4), big-endian; kAlu: BPF_ADD …, where shifts by 32 and more give 0
  Id a, b;     // kLoad: a is the variable part of the offset, or kNone; kAlu: the operands (BPF_NEG: a alone)
  uint32_t k;  // kConst: itself; kLoad: the constant part of the offset
};

// A question. With b == kNone a value is compared with k.
struct Test {
  enum Kind : uint8_t {
    kInBounds,  // has the packet k bytes from offset `a` (kNone: from its start) on?
    kEqual,     // a == b
    kGreater,   // a > b, unsigned
  } kind;
  Id a, b;
  uint32_t k;
};

// Where an answer leads: a node's index, or kLeaf with the number of the rule that matches, or kNobody.
using Target = uint32_t;
constexpr Target kLeaf = 0x80000000;
constexpr Target kNobody = 0xffffffff;

struct Node {
  Id test;
  Target yes, no;
};

struct Graph {
  std::vector<Value> values;
  std::vector<Test> tests;
  std::vector<Node> nodes;  // targets always lie behind: no loops
  Target start = kNobody;
};

// The filters from `from` to `to`, which is not one of them, let a packet go on to those behind them: it must match one
// of these first. None: from == to.
struct Gate {
  uint32_t from = 0, to = 0;
};

// Builds the graph of `filters`, asked in order. Knowing more costs nodes; with more than `nodes_wanted`, it is given
// up.
Status BuildGraph(const std::vector<const Filter *> &filters, uint32_t nodes_wanted, Graph *graph, Gate gate = {});

// The largest number a value can be.
uint32_t MaxOf(const Graph &graph, Id value);

// What an operator gives; shifts by 32 and more give 0, division by 0 must have been excluded.
uint32_t Compute(uint8_t op, uint32_t a, uint32_t b);

}  // namespace rxb::steer
