// The driver's layer of a worker's table: what it knows of each entry, and of each port of the worker.
#pragma once
#include <linux/bpf.h>

#include "driver_flows.h"

namespace rxb::steer {

constexpr uint32_t kGraceMs = 20;      // in which a CPU is done with the packet that it had
constexpr uint32_t kReuseMs = 2;       // the kernel gives the memory of a key that went to the next one at once
constexpr uint32_t kMovesMost = 4096;  // flows that one look at the clock moves
constexpr uint32_t kDeadGeneration = 1u << 31;
constexpr uint64_t kPlaceMask = 0xffull << 56;
constexpr uint16_t kNoWord = 0xffff;

enum class Reason : uint8_t {
  kAsked,
  kBusy,
  kSoon,
  kAction,
  kRate,
  kFull,
  kPort,
  kNew,
  kStopped,
  kOrder,
  kTarget,
  kPeer
};
const char *const kReasons[] = {"asked", "rate", "pending", "action", "rate",   "full",
                                "port",  "new",  "stopped", "order",  "target", "peer-without-napi"};

// What the layer knows of a table's entry. Zero: nothing.
struct Below {
  uint64_t packets, bytes;  // of the slot, as the entry has them
  uint32_t slot;            // + 1; 0: none
  uint32_t not_before;      // ms: its slot may still be in use
  uint32_t visited;         // packets at the last visit
  uint8_t part, reason;
  bool pending, in;
  bool mark;  // only its key goes down, or is there
};

// How a port's driver reaches another port of the worker.
struct DriverTarget {
  enum { kUnknown, kReached, kNot } state = kUnknown;
  Reason why = Reason::kTarget;  // kNot
  uint8_t place = 0;             // in the map of targets
};

// A port of the worker.
struct DriverPart {
  uint8_t port;
  std::shared_ptr<FlowMaps> maps;
  uint8_t place;
  std::vector<uint32_t> queues;
  std::vector<uint16_t> word;  // of each action that was used
  Port *at;
  DriverTarget target[kFlowTargets] = {};  // by the number of the port
};

// A flow that has ended, and whose slot is not free yet.
struct Leaving {
  EndedRecord record;
  uint64_t packets, bytes;  // of the slot, as the record has them
  uint32_t slot, at;
  uint8_t part;
  bool removed;
};

template<typename T>
inline T Look(const T &word) {
  return __atomic_load_n(&word, __ATOMIC_RELAXED);
}
// Behind it every CPU sees the word.
inline void Tell(uint32_t *word, uint32_t value) { __atomic_store_n(word, value, __ATOMIC_SEQ_CST); }

// Keys of one part and one kind on their way into a map or out of it.
struct KeyBatch {
  std::vector<FlowKey> keys;
  std::vector<uint32_t> slots, entries;
};
struct PartBatches {
  KeyBatch of[2];  // IPv4, IPv6
};

class DriverFlows : public LowerLayer {
 public:
  DriverFlows(Flows *flows, FlowTable *table, const DriverWish &wish) : flows_(*flows), table_(*table), wish_(wish) {}
  ~DriverFlows() override;
  Status Make();
  void AddPart(const Worker &, Port *, uint8_t number, std::shared_ptr<FlowMaps>);
  bool empty() const { return parts_.empty(); }

  void Want(uint32_t entry) override;
  void Change(uint32_t entry) override;
  void Sync(uint32_t entry) override;
  void Visit(uint32_t entry) override;
  bool Leave(uint32_t entry, const EndedRecord &) override;
  void Invalidate(uint32_t generation) override;
  void InvalidateAction(uint32_t action) override;
  void LookAtClock() override;
  void Stop() override;
  bool KnowAll(uint8_t port) override;
  uint32_t waiting() const override { return static_cast<uint32_t>(leaving_.size()); }
  uint32_t size() const override { return size_; }
  bool Has(uint32_t entry) const override { return below_[entry].in; }
  const char *Why(uint32_t entry) const override { return kReasons[below_[entry].reason]; }

 private:
  DriverSlot &SlotOf(const Below &b) { return parts_[b.part].maps->slot(b.slot - 1); }
  void Kill(const Below &b) { Tell(&SlotOf(b).generation, SlotOf(b).generation ^ kDeadGeneration); }
  Reason MayDescend(uint32_t entry, uint8_t *part);
  Reason MayReach(DriverPart &, uint8_t port);
  bool KeepsOrder(uint32_t entry) const;
  void Stay(uint32_t entry, Reason);
  uint32_t GenerationFor(DriverPart &, uint32_t action, uint16_t *word);
  FlowKey KeyIn(const DriverPart &part, FlowKey key) const {
    key.w[0] = (key.w[0] & ~kPlaceMask) | uint64_t(part.place) << 56;
    return key;
  }
  void Pend(uint32_t entry, uint32_t not_before, bool mark = false);
  bool Descend(uint32_t entry, std::vector<PartBatches> *batches);
  void Decide(DriverPart &, const FlowEntry &, DriverSlot *);
  void PutPending();
  void Arrive(uint32_t entry);
  void RemoveKeys();
  bool IsKeyInUse(const Leaving &) const;
  void Settle();

  Flows &flows_;
  FlowTable &table_;
  DriverWish wish_;
  std::vector<DriverPart> parts_;
  Below *below_ = nullptr;
  std::vector<uint32_t> pending_;
  std::vector<Leaving> leaving_;
  uint32_t size_ = 0, looked_at_ = 0, removed_at_ = 0, highest_ = 0;
  Port *ports_[kFlowTargets] = {};  // of the worker, by their numbers
  bool knows_all_ = false;
  bool stopped_ = false;
};

}  // namespace rxb::steer
