// How flows end: by time, by the program, or because their decision is no longer good.
#include "table.h"

namespace rxb {

namespace {

constexpr uint32_t kRoundMs = 1000;    // in which the hand comes by every entry
constexpr uint32_t kClosingMs = 1000;  // without a packet, after a FIN or RST

}  // namespace

EndedRecord FlowTable::RecordOf(uint32_t i, EndReason reason) const {
  const FlowEntry &e = entries_[i];
  EndedRecord record{};
  KeyOf(i, &record.key, &record.kind);
  record.reason = reason;
  record.first = since_ ? since_[i].at : e.created;
  record.last = e.seen;
  record.packets = e.packets - (since_ ? since_[i].packets : 0);
  record.bytes = e.bytes - (since_ ? since_[i].bytes : 0);
  return record;
}

// An entry whose record finds no room is found by nobody any more, and is free when the hand has put the record there.
bool FlowTable::EndOne(uint32_t i, EndReason reason) {
  FlowEntry &e = entries_[i];
  if (lower) lower->Sync(i);
  Unlink(i);
  size_--;
  stats.ended++;
  if (reason == EndReason::kEvicted) stats.evicted++;
  if (lower && lower->Leave(i, RecordOf(i, reason))) {
    Free(i);
    return true;
  }
  if (ring.records()) {
    if (ring.full()) {
      stats.stopped++;
      unlinked_++;
      e.flags |= kUnlinked;
      e.reason = static_cast<uint8_t>(reason);
      e.twin = kNoEntry;
      return false;
    }
    ring.Push(RecordOf(i, reason));
  }
  Free(i);
  return true;
}

bool FlowTable::End(uint32_t i, EndReason reason) {
  const uint32_t twin = entries_[i].twin;
  bool freed = EndOne(i, reason);
  if (twin != kNoEntry) freed &= EndOne(twin, reason);
  return freed;
}

bool FlowTable::Visit(uint32_t i, uint32_t generation) {
  FlowEntry &e = entries_[i];
  if (!(e.flags & kUsed)) return true;
  if (e.flags & kUnlinked) {
    if (ring.full()) return false;
    ring.Push(RecordOf(i, static_cast<EndReason>(e.reason)));
    Free(i);
    unlinked_--;
    return true;
  }
  if (lower) {
    lower->Visit(i);
    if (e.twin != kNoEntry) lower->Sync(e.twin);
  }
  uint32_t quiet = now - e.seen;
  bool closing = e.flags & kClosing;
  if (e.twin != kNoEntry) {
    const FlowEntry &twin = entries_[e.twin];
    if (now - twin.seen < quiet) quiet = now - twin.seen;
    closing |= twin.flags & kClosing;
  }
  EndReason reason;
  if (IsStale(e, generation))
    reason = EndReason::kGeneration;
  else if (closing && quiet >= kClosingMs)
    reason = EndReason::kFin;
  else if (options.hard_ms && now - e.created >= options.hard_ms)
    reason = EndReason::kHard;
  else if (options.idle_ms && quiet >= options.idle_ms)
    reason = EndReason::kIdle;
  else if (since_ && ring.records() && now - since_[i].at >= options.active_ms && e.packets != since_[i].packets) {
    if (ring.full()) return false;
    ring.Push(RecordOf(i, EndReason::kActive));
    since_[i] = {e.packets, e.bytes, now};
    return true;
  } else {
    return true;
  }
  if (ring.records() && ring.room() < 2) return false;
  End(i, reason);
  return true;
}

void FlowTable::Sweep(uint32_t now_ms, uint32_t generation) {
  now = now_ms;
  const uint32_t elapsed = now_ms - swept_at_;
  uint64_t steps = uint64_t(touched_) * (elapsed < kRoundMs ? elapsed : kRoundMs) / kRoundMs;
  if (elapsed >= kRoundMs || !touched_)
    swept_at_ = now_ms;
  else
    swept_at_ += static_cast<uint32_t>(steps * kRoundMs / touched_);  // the rest adds up until it is worth a step
  for (; steps; steps--) {
    if (hand_ >= touched_) hand_ = 0;
    __builtin_prefetch(&entries_[hand_ + 8]);
    if (!Visit(hand_, generation)) {
      stats.stopped++;
      return;
    }
    hand_++;
  }
}

// As far as the ring has room: call it again when records were taken, until size() is 0 and nothing waits.
void FlowTable::EndAll(EndReason reason) {
  for (uint32_t i = 0; i < touched_; i++) {
    const uint8_t state = entries_[i].flags & (kUsed | kUnlinked);
    if (!(state & kUsed)) continue;
    if (ring.records() && ring.room() < 2) return;
    if (state & kUnlinked)
      Visit(i, 0);
    else
      End(i, reason);
  }
}

}  // namespace rxb
