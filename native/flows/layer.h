// The flows of one worker: its tables, its actions, and its part of a turn.
#pragma once
#include <memory>

#include "../core/worker/worker.h"
#include "table.h"

namespace rxb {

// What is known of the packets in front of the handler, by their place there: a request names such a place.
struct FlowSlot {
  FlowKey key[k_flowTablesMax][k_burstMax];  // as the packet was received: the handler may have changed it since
  uint64_t hash[k_flowTablesMax][k_burstMax];
  KeyKind kind[k_flowTablesMax][k_burstMax];
  uint8_t counted[k_burstMax];  // a bit for each table one of whose entries has counted the packet
  uint32_t wanted[k_burstMax];  // the action that a request of this burst named, + 1
  uint64_t param[k_burstMax];
  bool asked;  // some `wanted` is set
};

// What a request names beside the packet.
struct FlowRequest {
  uint32_t table, action;
  uint64_t param;
  uint32_t reverse;  // + 1; 0: none
};

// In the place of how many requests there are: the tables rest.
constexpr uint32_t kRequestsResting = 0xffffffff;
constexpr uint32_t kEndedRecords = 16384;  // of each table

class Flows : public FlowLayer {
 public:
  static Status Make(const Worker &, std::unique_ptr<Flows> *);

  // Before the worker starts. Which number it has.
  Status AddTable(const FlowTableOptions &, uint32_t *table);
  // The last one again, for which no layer below could be had.
  void RemoveLastTable() { table[--table_count].reset(); }

  void TakeRequests(Worker &) override;
  void ResolveVerdicts(Worker &, Slot &, uint32_t n, uint32_t *all, bool *moved) override;
  uint32_t Receive(Worker &, Slot &, uint32_t n) override;
  void EndReceive(Worker &, uint32_t received) override;
  void LookAtClock(Worker &, uint64_t now_ns) override;
  void CountRested(Worker &) override;

  // Before a flow is made, found or removed: from here on turns look at packets again. In the worker's thread.
  void Wake(Worker &);

  // A flow that no packet in front of the handler stands for; kNoEntry: it has no entry.
  uint32_t AddKey(const FlowRequest &, const FlowKey &, KeyKind);
  // Every flow of the worker, or of one action, asks the handler again.
  void Invalidate();
  void InvalidateAction(uint32_t action);
  // For all its flows, from the next packet on.
  void SetAction(uint32_t number, const Action &made);
  // Whether a packet may end so here; says why not.
  Status MayEnd(const Worker &, const Slot &, const Action &) const;
  double UnixMs(uint32_t ms) const { return unix_ms_ + ms; }

  ActionPool actions;
  std::unique_ptr<FlowTable> table[k_flowTablesMax];
  uint32_t table_count = 0;
  uint32_t generation = 0;
  uint64_t unmirrored = 0;  // copies for which there was no frame or no port
  std::unique_ptr<FlowSlot[]> slot;

 private:
  friend struct FlowMirror;
  bool Look(Worker &, Slot &, FlowSlot &, FlowTable &, uint32_t t, uint32_t i, uint32_t entry, const ParsedPacket &,
            uint32_t bytes);
  void LookOn(Worker &, Slot &, FlowSlot &, FlowTable &, uint32_t t, uint32_t i, uint32_t entry, const ParsedPacket &);
  template<bool all>
  void LookInTable(Worker &, Slot &, FlowSlot &, uint32_t t, ParsedPacket *, uint8_t *places, uint32_t *count);
  bool HasFlows() const;
  void ConsiderRest(Worker &);
  void ReadFront(Worker &, uint32_t slot);
  void KeysOf(const Slot &, FlowSlot &, uint32_t first, const ParsedPacket &, uint32_t i);
  Outcome Run(Worker &, Slot &, Action &, const ParsedPacket &, uint32_t i, uint64_t param, bool shown);
  bool RunOnCopy(Worker &, Slot &, Action &, const ParsedPacket &, uint32_t i, uint64_t param, bool shown);
  uint32_t Compact(Worker &, Slot &, FlowSlot &, uint32_t n);
  void TellTap(Worker &, Slot &, FlowSlot &, uint32_t n);
  void TellTapOfOne(Worker &, Slot &, uint32_t i, uint32_t n, uint32_t verdict, const Action &);
  uint32_t Carry(Worker &, Slot &, FlowSlot &, uint32_t n);
  uint32_t ReceiveSegments(Worker &, Slot &, FlowSlot &, uint32_t n);
  void TakeRequest(Worker &, const uint32_t *words);
  void Add(Worker &, Slot &, FlowSlot &, uint32_t i, const FlowRequest &);
  void AddTwin(Worker &, Slot &, const FlowSlot &, uint32_t entry, uint32_t i, const FlowRequest &);
  bool ReverseKey(Worker &, Slot &, const FlowSlot &, uint32_t i, const FlowRequest &, FlowKey *, KeyKind *,
                  uint64_t *param);
  uint8_t PortOf(const FlowTable &table, const Slot &s) const { return table.options.any_port ? kAnyPort : s.port; }

  HashSecret secret_{};
  uint64_t began_ns_ = 0;
  double unix_ms_ = 0;
  uint16_t phase_ = 0;           // of receiving: an entry that showed a packet shows the next ones of the same phase
  uint32_t shown_ = 0;           // packets in front of the handler in this phase
  uint8_t verdict_[k_burstMax];  // of the burst that is looked at: kShow, kTaken, or what its action says
  bool moved_ = false;
  uint64_t quiet_ = 0;                     // packets that were shown since there was a flow or a request
  uint64_t rested_from_[k_slotsMax] = {};  // while it rests: of each slot's packets, those that were counted
  uint32_t rested_turn_ = 0;               // in which it began to rest
};

}  // namespace rxb
