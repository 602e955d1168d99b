// The blocks that there are: rules, the XSKMAP, and the counters of rules.
#pragma once
#include "../metadata.h"
#include "../rules.h"
#include "block.h"

namespace rxb::steer {

// Rules that are asked one after the other, at kPass, kCeiling or kSteer.
class RuleBlock : public Block {
 public:
  RuleBlock(BlockKind kind, std::vector<const Rule *> rules) : kind_(kind), rules_(std::move(rules)) {}
  BlockKind kind() const override { return kind_; }
  void Ask(Questions *) override;
  void Land(Emission *) const override;

 private:
  BlockKind kind_;
  std::vector<const Rule *> rules_;
  size_t first_ = 0;  // of its filters, in Questions
};

// Gives the packet to the socket of the queue on which it arrived, with its metadata in front; where the queue has
// none, the packet stays with the kernel.
class XskmapBlock : public Block {
 public:
  // `counted`: rules lead here. Without rules every packet is given away.
  XskmapBlock(int xskmap, const Metadata &metadata, bool counted)
      : xskmap_(xskmap), metadata_(metadata), counted_(counted) {}
  BlockKind kind() const override { return BlockKind::kXskmap; }
  void Emit(Emission *) const override;
  void Land(Emission *) const override;
  std::vector<int> maps() const override { return {xskmap_}; }

 private:
  int xskmap_;
  Metadata metadata_;
  bool counted_;
};

// Counts a packet for the rule that decided about it, and ends the program.
class CountsBlock : public Block {
 public:
  explicit CountsBlock(int counters) : counters_(counters) {}
  BlockKind kind() const override { return BlockKind::kCounts; }
  void Land(Emission *) const override;
  std::vector<int> maps() const override { return {counters_}; }

 private:
  int counters_;
};

}  // namespace rxb::steer
