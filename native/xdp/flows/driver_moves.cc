// How flows move into the maps of the driver and out of them, many at once.
#include <time.h>

#include <algorithm>

#include "driver_layer.h"
#include "driver_steps.h"

namespace rxb::steer {

// What a slot of this action holds while it is good; kNoWord: there is no word for the action.
uint32_t DriverFlows::GenerationFor(DriverPart &part, uint32_t action, uint16_t *word) {
  if (action >= part.word.size()) part.word.resize(action + 1, kNoWord);
  if (part.word[action] == kNoWord) {
    const uint32_t taken = part.maps->TakeAction();
    if (taken < kFlowActionWords) part.word[action] = static_cast<uint16_t>(taken);
  }
  *word = part.word[action];
  return flows_.generation + (*word == kNoWord ? 0 : part.maps->words().action[*word]);
}

void DriverFlows::Arrive(uint32_t entry) {
  Below &b = below_[entry];
  b.in = true;
  b.reason = uint8_t(wish_.always ? Reason::kAsked : Reason::kBusy);
  size_++;
}

// The packets' way, as the slot has it.
void DriverFlows::Decide(DriverPart &part, const FlowEntry &e, DriverSlot *slot) {
  const Action &a = flows_.actions.all[e.action];
  DescribeSteps(a, e.param, slot);
  if (!IsTx(a.verdict)) return;
  const auto port = static_cast<uint8_t>(a.verdict - kVerdict_TX);
  slot->verdict = part.target[port].place == kFlowTargets ? XDP_TX : XDP_REDIRECT;
  slot->target = part.target[port].place;
}

// Fills the flow's slot. Whether its key is to be written: one that had a slot before has it still.
bool DriverFlows::Descend(uint32_t entry, std::vector<PartBatches> *batches) {
  Below &b = below_[entry];
  FlowEntry &e = table_.entry(entry);
  DriverPart &part = parts_[b.part];
  uint16_t word = 0;
  uint32_t generation = flows_.generation ^ kDeadGeneration;
  if (!b.mark) generation = GenerationFor(part, e.action, &word);
  const bool fresh = !b.slot;
  const uint32_t taken = word == kNoWord ? kNoFlowSlot : fresh ? part.maps->TakeSlot() : b.slot - 1;
  if (taken == kNoFlowSlot) {
    b.reason = uint8_t(Reason::kFull);
    return false;
  }
  DriverSlot &slot = part.maps->slot(taken);
  if (fresh) {
    slot = {};
    slot.seen = e.seen;
    b.packets = b.bytes = 0;
  }
  b.slot = taken + 1;
  slot.action = word;
  if (!b.mark) Decide(part, e, &slot);
  Tell(&slot.generation, generation);
  if (!fresh) {
    Arrive(entry);
    return true;
  }
  FlowKey key;
  KeyKind kind;
  table_.KeyOf(entry, &key, &kind);
  KeyBatch &batch = (*batches)[b.part].of[kind == KeyKind::kIpv6];
  batch.keys.push_back(KeyIn(part, key));
  batch.slots.push_back(taken);
  batch.entries.push_back(entry);
  return true;
}

void DriverFlows::PutPending() {
  std::vector<PartBatches> batches(parts_.size());
  size_t kept = 0, at = 0;
  for (; at < pending_.size() && at < kMovesMost; at++) {
    const uint32_t entry = pending_[at];
    Below &b = below_[entry];
    if (!b.pending) continue;
    if (static_cast<int32_t>(b.not_before - table_.now) > 0) {
      pending_[kept++] = entry;
      continue;
    }
    b.pending = false;
    uint8_t part = b.part;
    const Reason reason = MayDescend(entry, &part);
    if (reason == Reason::kStopped || reason == Reason::kPort || (b.slot && part != b.part)) continue;
    if (reason != Reason::kAsked) {
      b.reason = uint8_t(reason);
      b.mark = true;
    }
    if (b.mark && (!knows_all_ || b.slot)) continue;  // a key that has a slot is known already
    b.part = part;
    Descend(entry, &batches);
  }
  pending_.erase(pending_.begin() + static_cast<ptrdiff_t>(kept), pending_.begin() + static_cast<ptrdiff_t>(at));
  for (size_t p = 0; p < parts_.size(); p++)
    for (int six : {0, 1}) {
      const KeyBatch &batch = batches[p].of[six];
      const auto n = static_cast<uint32_t>(batch.keys.size());
      const uint32_t put =
          parts_[p].maps->Put(six ? KeyKind::kIpv6 : KeyKind::kIpv4, batch.keys.data(), batch.slots.data(), n);
      for (uint32_t i = 0; i < n; i++) {
        Below &b = below_[batch.entries[i]];
        if (i < put) {
          if (!b.mark) Arrive(batch.entries[i]);
          continue;
        }
        parts_[p].maps->GiveSlot(b.slot - 1);
        b.slot = 0;
        b.reason = uint8_t(Reason::kFull);
      }
    }
}

// The same key may be that of another flow by now.
bool DriverFlows::IsKeyInUse(const Leaving &left) const {
  const uint64_t hash = table_.Hash(left.record.key, left.record.kind);
  const uint32_t entry = table_.Find(left.record.key, left.record.kind, hash);
  return entry != kNoEntry && below_[entry].slot;
}

void DriverFlows::RemoveKeys() {
  std::vector<PartBatches> batches(parts_.size());
  for (Leaving &left : leaving_) {
    if (left.removed) continue;
    left.removed = true;
    if (!IsKeyInUse(left))
      batches[left.part].of[left.record.kind == KeyKind::kIpv6].keys.push_back(
          KeyIn(parts_[left.part], left.record.key));
  }
  for (size_t p = 0; p < parts_.size(); p++)
    for (int six : {0, 1}) {
      const auto &keys = batches[p].of[six].keys;
      if (keys.empty()) continue;
      parts_[p].maps->Remove(six ? KeyKind::kIpv6 : KeyKind::kIpv4, keys.data(), static_cast<uint32_t>(keys.size()));
      removed_at_ = table_.now;
    }
}

// Makes the records of flows for which nothing is counted any more.
void DriverFlows::Settle() {
  size_t kept = 0;
  for (Leaving &left : leaving_) {
    const bool done = stopped_ || (left.removed && table_.now - left.at >= kGraceMs);
    if (!done || (table_.ring.records() && table_.ring.full())) {
      leaving_[kept++] = left;
      continue;
    }
    if (left.slot != kNoFlowSlot) {
      const DriverSlot &slot = parts_[left.part].maps->slot(left.slot);
      left.record.packets += Look(slot.packets) - left.packets;
      left.record.bytes += Look(slot.bytes) - left.bytes;
      if (static_cast<int32_t>(slot.seen - left.record.last) > 0) left.record.last = slot.seen;
      parts_[left.part].maps->GiveSlot(left.slot);
    }
    if (table_.ring.records()) table_.ring.Push(left.record);
  }
  leaving_.resize(kept);
}

void DriverFlows::LookAtClock() {
  const uint32_t now = table_.now;
  if (now == looked_at_) return;
  looked_at_ = now;
  for (DriverPart &part : parts_)
    for (uint32_t queue : part.queues) __atomic_store_n(&part.maps->words().queue[queue].now, now, __ATOMIC_RELAXED);
  // New keys first: they take memory in the kernel that no packet can be looking at any more.
  if (!pending_.empty() && (!removed_at_ || now - removed_at_ >= kReuseMs)) PutPending();
  if (leaving_.empty()) return;
  RemoveKeys();
  Settle();
}

void DriverFlows::Stop() {
  if (stopped_) return Settle();
  for (DriverPart &part : parts_)
    for (uint32_t queue : part.queues)
      __atomic_store_n(&part.maps->words().queue[queue].place, uint64_t{0}, __ATOMIC_SEQ_CST);
  if (size_ || !leaving_.empty()) {
    const timespec grace{0, kGraceMs * 1'000'000l};
    nanosleep(&grace, nullptr);
  }
  for (uint32_t entry = 0; entry < highest_; entry++) {
    Below &b = below_[entry];
    b.pending = false;
    if (!b.slot) continue;
    Sync(entry);
    FlowKey key;
    KeyKind kind;
    table_.KeyOf(entry, &key, &kind);
    key = KeyIn(parts_[b.part], key);
    parts_[b.part].maps->Remove(kind, &key, 1);
    parts_[b.part].maps->GiveSlot(b.slot - 1);
    b = {};
    b.reason = uint8_t(Reason::kStopped);
  }
  size_ = 0;
  pending_.clear();
  RemoveKeys();
  stopped_ = true;
  Settle();
}

}  // namespace rxb::steer
