// Writes records into a ring of which the reader sees whole records only.
#pragma once
#include <ctime>

#include "../core/memory/arena.h"
#include "tap.h"

namespace rxb::tap {

// The records of one burst at one point of one queue: room is asked for once, and what was written shows at the end.
class Batch {
 public:
  Batch(Writer &w, uint8_t slot, uint8_t point)
      : w_(w), counts_(w.page->counts[slot][point]), drops_(w.drops[slot][point]), head_(w.head) {
    const uint32_t used = w.head - w.capture->TailOf(w.ring);
    free_ = w.units - (used < w.units ? used : w.units);  // a reader may say anything
    const CaptureRequest &request = w.capture->request;
    chooses_ = request.filter || request.sample > 1;
  }
  ~Batch() {
    w_.head = head_;
    __atomic_store_n(&w_.page->head, head_, __ATOMIC_RELEASE);
  }
  Batch(const Batch &) = delete;
  Batch &operator=(const Batch &) = delete;

  // No packet needs to be looked at: there is no room for the smallest, and nothing to choose by.
  bool Full() const { return !chooses_ && free_ < kSmallest; }
  void DropAll(uint32_t packets) {
    Count(&TapCounts::seen, packets);
    Count(&TapCounts::accepted, packets);
    Drop(packets);
  }

  void Put(const Seen &p) {
    const CaptureRequest &request = w_.capture->request;
    Count(&TapCounts::seen, 1);
    if (p.flags & kTapOwned) Count(&TapCounts::owned, 1);
    const uint8_t *memory = TheArena()->memory;
    uint32_t length = 0;
    for (uint32_t k = 0; k < p.segments; k++) length += p.length[k];
    if (request.sample > 1 && p.id % request.sample) return;
    if (request.filter && !steer::MatchInterpreted(*request.filter, memory + p.offset[0], length, p.length[0])) return;
    Count(&TapCounts::accepted, 1);
    const uint32_t captured = length < request.snaplen ? length : request.snaplen;
    const uint32_t need = (sizeof(TapRecord) + captured + kTapUnit - 1) / kTapUnit;
    const uint32_t to_end = w_.units - (head_ & (w_.units - 1)), pad = to_end < need ? to_end : 0;
    if (need + pad > free_) return Drop(1);
    if (pad) {
      auto *skip = reinterpret_cast<TapRecord *>(At());
      skip->bytes = pad * kTapUnit;  // a unit has room for these words
      reinterpret_cast<uint32_t *>(skip)[1] = uint32_t(kTapPad) << 24;
      head_ += pad;
    }
    if (!now_) now_ = Now();
    uint8_t *to = At();
    *reinterpret_cast<TapRecord *>(to) = {need * kTapUnit, p.point,  p.slot, p.verdict, p.flags,  now_, p.id,
                                          length,          captured, p.hash, drops_,    p.action, 0};
    drops_ = 0;
    to += sizeof(TapRecord);
    for (uint32_t k = 0, left = captured; left; k++) {
      const uint32_t n = p.length[k] < left ? p.length[k] : left;
      memcpy(to, memory + p.offset[k], n);
      to += n;
      left -= n;
    }
    head_ += need;
    free_ -= need + pad;
    Count(&TapCounts::captured, 1);
  }

 private:
  static constexpr uint32_t kSmallest = (sizeof(TapRecord) + kFrameMin + kTapUnit - 1) / kTapUnit;

  uint8_t *At() const { return w_.data + uint64_t(head_ & (w_.units - 1)) * kTapUnit; }
  static uint64_t Now() {
    timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return uint64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
  }
  // One writer, and a reader in another process: whole words, in any order.
  void Count(uint64_t TapCounts::*count, uint32_t n) {
    __atomic_store_n(&(counts_.*count), counts_.*count + n, __ATOMIC_RELAXED);
  }
  void Drop(uint32_t packets) {
    Count(&TapCounts::dropped, packets);
    drops_ += packets;
  }

  Writer &w_;
  TapCounts &counts_;
  uint32_t &drops_;
  uint32_t head_, free_;
  bool chooses_;
  uint64_t now_ = 0;
};

}  // namespace rxb::tap
