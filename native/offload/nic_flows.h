// The NIC's layer of one worker's table: which flows go into hardware, what is to be done for them, and how they end.
//
// The main thread makes the rules, because it has the journal of the interface, and hardware takes milliseconds for
// one. So a flow goes down by an order, and the answer to it. Until the rule is there the worker executes the flow, and
// until it is gone its decision stands.
#pragma once
#include <memory>
#include <string>

#include "../flows/layer.h"
#include "flow_match.h"

namespace rxb::offload {

constexpr uint32_t kNicRulesMax = 16384;  // of one table

// What the main thread is asked for: a rule, or the end of one.
struct NicOrder {
  uint32_t id;
  bool add;
  uint8_t port;  // its place among the ports of the worker
  bool marks;    // else it drops
  uint32_t mark;
  FlowMatch match;
};

class NicFlows : public LowerLayer {
 public:
  NicFlows(Flows *flows, FlowTable *table) : flows_(*flows), table_(*table) {}
  ~NicFlows() override;
  Status Make(const Worker &);

  const char *Name() const override { return "nic"; }
  void Want(uint32_t entry) override;
  void Change(uint32_t entry) override;
  void Sync(uint32_t) override {}  // the main thread asks the NIC, and tells
  void Visit(uint32_t entry) override;
  bool Leave(uint32_t entry, const EndedRecord &) override;
  void Invalidate(uint32_t) override { stale_ = true; }
  void InvalidateAction(uint32_t action) override;
  void LookAtClock() override;
  void Stop() override;
  uint32_t waiting() const override { return waiting_; }
  uint32_t size() const override { return size_; }
  bool Has(uint32_t entry) const override { return below_[entry].in; }
  bool Counts(uint32_t entry) const override { return !below_[entry].uncounted; }
  const char *Why(uint32_t entry) const override { return below_[entry].why; }

  // Orders since the last time.
  std::vector<NicOrder> TakeOrders() { return std::move(orders_); }
  // The rule is there, and counts or not; or it is not, and why, in a word that stays in memory.
  void Placed(uint32_t id, bool counts, const char *why);
  // Packets and bytes that the rule has counted. `gone`: it is no more, and these are the last.
  void Counted(uint32_t id, uint64_t packets, uint64_t bytes, bool gone);
  // Nobody answers any more: the records are made of what is known.
  void GiveUp();

 private:
  // What is known of a table's entry. Zero: nothing.
  struct Below {
    uint32_t rule;  // + 1; 0: none
    const char *why;
    bool in, uncounted;
  };
  struct Rule {
    uint32_t entry;  // kNoEntry: its flow has ended
    uint32_t action;
    uint64_t param;
    bool used, placed, counts, marks, leaving;
    uint64_t packets, bytes;
    EndedRecord record;  // of a flow that has ended
  };
  const char *MayDescend(uint32_t entry, NicOrder *order) const;
  void Order(const NicOrder &order) { orders_.push_back(order); }
  void Remove(uint32_t id);
  void Finish(const EndedRecord &);
  void PushRecords();

  Flows &flows_;
  FlowTable &table_;
  Below *below_ = nullptr;
  std::vector<Rule> rules_;
  std::vector<uint32_t> free_, outdated_;  // rules; actions that have changed
  std::vector<uint8_t> ports_, marking_;   // of the worker, by their place; those that can mark
  std::vector<NicOrder> orders_;
  std::vector<EndedRecord> records_;  // for which the ring has had no room yet
  uint32_t size_ = 0, waiting_ = 0, full_until_ = 0;
  const char *refusal_ = "";  // while full_: why
  bool stale_ = false, stopping_ = false, stopped_ = false, full_ = false;
};

// Makes the layer below a table of a worker that has not started. Fails with kNotSupported, and says what is possible.
Status MakeNicFlows(const Worker &, Flows &, uint32_t table, std::unique_ptr<LowerLayer> *layer);

}  // namespace rxb::offload
