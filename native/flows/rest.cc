// Tables that rest: while no flow is there and nobody makes one, a turn does not look at packets for them.
//
// A turn asks Worker::flows_awake, so a table that rests costs what no table costs. The word that counts requests holds
// kRequestsResting meanwhile. To a program that means "no room", so its next request calls native code, which wakes the
// tables and makes the keys of the packets in front of the handler.
#include "../core/turn/turn_parts.h"
#include "layer.h"

namespace rxb {

namespace {

constexpr uint64_t kQuietPackets = 4096;  // without a flow and without a request, before tables rest

}  // namespace

bool Flows::HasFlows() const {
  uint64_t flows = 0;
  for (uint32_t t = 0; t < table_count; t++) flows += table[t]->size();
  return flows;
}

// At a look at the clock: the end of a turn, whose burst is in front of the handler.
void Flows::ConsiderRest(Worker &w) {
  const bool has = HasFlows();
  if (!w.flows_awake) {
    if (has) Wake(w);
    return;
  }
  if (has) quiet_ = 0;
  if (quiet_ < kQuietPackets) return;
  for (uint32_t i = 0; i < w.slot_count; i++) rested_from_[i] = w.slots[i].counter[kCounter_rx];
  rested_turn_ = w.turn_count;
  all_hit = false;
  w.flows_awake = nullptr;
  w.block->head[kHead_flowRequests] = kRequestsResting;
}

void Flows::Wake(Worker &w) {
  if (w.flows_awake) return;
  CountRested(w);
  w.flows_awake = this;
  quiet_ = 0;
  if (LoadWord(&w.block->head[kHead_flowRequests]) == kRequestsResting) w.block->head[kHead_flowRequests] = 0;
  if (w.turn_count == rested_turn_) return;  // the burst in front was looked at
  for (uint32_t i = 0; i < w.slot_count; i++) ReadFront(w, i);
}

// Makes the keys of a slot's burst, as Receive() would have. Those that have none were counted as misses.
void Flows::ReadFront(Worker &w, uint32_t at) {
  Slot &s = w.slots[at];
  FlowSlot &f = slot[at];
  for (uint32_t i = 0, end; i < s.count; i = end) {
    end = s.continuations ? EndOfPacket(s.more, i, s.count) : i + 1;
    for (uint32_t k = i; k < end; k++) {
      f.counted[k] = 0;
      for (uint32_t t = 0; t < table_count; t++) f.kind[t][k] = KeyKind::kNone;
    }
    ParsedPacket parsed;
    Parse(TheArena()->memory + s.offset[i], s.length[i], &parsed);
    KeysOf(s, f, 0, parsed, i);
    for (uint32_t t = 0; t < table_count; t++) {
      if (f.kind[t][i] != KeyKind::kNone) continue;
      table[t]->stats.unfit++;
      table[t]->stats.misses--;
    }
  }
}

void Flows::CountRested(Worker &w) {
  if (w.flows_awake) return;
  uint64_t packets = 0;
  for (uint32_t i = 0; i < w.slot_count; i++) {
    Slot &s = w.slots[i];
    const uint64_t came = s.counter[kCounter_rx] - rested_from_[i];
    rested_from_[i] += came;
    s.counter[kCounter_shown] += came;
    packets += came;
  }
  for (uint32_t t = 0; t < table_count; t++) table[t]->stats.misses += packets;
}

}  // namespace rxb
