// What a block of an interface's XDP program is, and in which order the blocks stand.
//
// A program has a part for each port, and for each program that a broker serves; a part is made of blocks. A packet
// meets them in the order of BlockKind. A block that nobody uses is not there, so it costs no instruction. A block
// knows its own maps and no other's: to change what is in a map is a write to it, to change which blocks there are is
// an update of the link.
#pragma once
#include <string>
#include <vector>

#include "../../filter/emit/emit_ebpf.h"
#include "../../filter/graph/graph.h"

namespace rxb::steer {

enum class BlockKind : uint8_t {
  kPass,     // rules whose packets stay with the kernel
  kCeiling,  // rules of a grant: what matches none of them stays with the kernel
  kSteer,    // rules whose packets are taken
  kPortMap,  // ports of sockets; no block stands here yet
  kFlows,    // actions of flows
  kXskmap,   // the socket of the queue
  kCounts,   // what the rules count
};

const char *KindName(BlockKind);

// The filters of all blocks of a part. They become one graph, so that no block parses a header that another one has
// parsed.
struct Questions {
  std::vector<const Filter *> filters;
  Gate gate;
};

// What the blocks of a part share while their instructions are made.
struct Emission {
  Assembler *out;
  Access access;
  bool fragments;                       // packets may lie in several buffers
  std::vector<Assembler::Label> leads;  // where each of the filters leads, by its number in Questions
  Assembler::Label take = 0, pass = 0;  // with the slot of the rule in R1: to what follows the rules, or to the kernel
  Assembler::Label socket = 0;  // as at `take`: into the XSKMAP. The same as `take` where no block stands between
  Assembler::Label count = 0;   // then: what the program returns is in R7
};
constexpr int16_t kKeySlot = -4;  // on the stack: at `count` the slot of the rule

class Block {
 public:
  virtual ~Block() = default;
  virtual BlockKind kind() const = 0;
  // Names the filters that it asks.
  virtual void Ask(Questions *) {}
  // For packets that no filter has decided: falls through where this block does not decide either. The context is in
  // kContext, and in a part without filters in R1 only.
  virtual void Emit(Emission *) const {}
  // What follows a decision of this block. Nothing falls into it.
  virtual void Land(Emission *) const {}
  // Descriptors of its maps; they belong to whoever made the block.
  virtual std::vector<int> maps() const { return {}; }
};

}  // namespace rxb::steer
