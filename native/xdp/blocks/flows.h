// The block of flows: packets whose flow has a decision in the maps are ended here, before they reach a socket.
//
// It stands behind the rules, so it sees the packets that a worker would see, and no others. It reads a packet as
// native/flows/parse.h does, and makes the key of native/flows/key.h. A packet of which only the handler knows what to
// do is never ended here: a fragment, one with IP options or two tags, one that is cut. So are packets with a TCP flag
// that the table watches.
//
// Several tables are asked in order. A packet that has no key in one goes on to the next one; one whose flow is not
// good any more goes to the worker, which knows why.
#pragma once
#include "../flows/flow_maps.h"
#include "block.h"

namespace rxb::steer {

class FlowsBlock : public Block {
 public:
  // `counted`: rules lead here, and count what is ended here.
  FlowsBlock(std::vector<const FlowMaps *> tables, bool counted) : tables_(std::move(tables)), counted_(counted) {}
  BlockKind kind() const override { return BlockKind::kFlows; }
  void Emit(Emission *) const override;
  void Land(Emission *) const override;
  std::vector<int> maps() const override;

 private:
  void EmitLookup(Emission *, Assembler::Label worker) const;

  std::vector<const FlowMaps *> tables_;
  bool counted_;
};

}  // namespace rxb::steer
